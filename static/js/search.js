// Suggestions below a search field, as a combobox (WAI-ARIA Authoring Practices, "list autocomplete with manual selection").
// The server writes the options: links, so that they open as links do. Where anything fails, the form is what it is without.
{
  const WAIT = 150;
  let timer;
  let request;
  let named = 0;

  const fieldOf = (target) => target.closest?.(".search[data-suggestions] input[type=search]");
  const partsOf = (field) => ({
    list: document.getElementById(field.getAttribute("aria-controls")),
    status: field.form.querySelector("[role=status]"),
  });
  const isPrepared = (field) => field?.getAttribute("role") === "combobox";
  const optionsOf = (field) => [...partsOf(field).list.querySelectorAll("[role=option]")];

  const prepare = (field) => {
    if (isPrepared(field)) return;
    const id = `suggestions-${named += 1}`;
    field.form.insertAdjacentHTML("beforeend", `<div class="suggestions" role="listbox" aria-label="Suggestions" id="${id}" hx-boost="false" hidden></div><p class="visually-hidden" role="status"></p>`);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", id]]) field.setAttribute(name, value);
  };

  const choose = (field, option) => {
    for (const one of optionsOf(field)) one.setAttribute("aria-selected", one === option);
    if (!option) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const isOpen = (field) => field.getAttribute("aria-expanded") === "true";
  const open = (field, isOpen) => {
    choose(field, null);
    partsOf(field).list.hidden = !isOpen;
    field.setAttribute("aria-expanded", isOpen);
  };

  const close = (field) => {
    clearTimeout(timer);
    request?.abort();
    if (isOpen(field)) open(field, false);
  };

  const suggest = async (field) => {
    request?.abort();
    request = new AbortController();
    const text = field.value.trim();
    const { list, status } = partsOf(field);
    try {
      const answer = text && await fetch(`${field.form.dataset.suggestions}?q=${encodeURIComponent(text)}`, { signal: request.signal });
      const html = answer?.ok && answer.url.includes("/suggestions/") ? await answer.text() : "";
      if (document.activeElement !== field) return;
      list.innerHTML = html;
      const options = optionsOf(field);
      options.forEach((one, place) => { one.id = `${list.id}-${place}`; });
      open(field, options.length > 0);
      status.textContent = text ? `${options.length} suggestion${options.length === 1 ? "" : "s"}` : "";
    } catch {
      // Another letter was typed, or there is no network.
    }
  };

  document.addEventListener("focusin", ({ target }) => { if (fieldOf(target)) prepare(target); });

  document.addEventListener("input", ({ target }) => {
    if (!fieldOf(target)) return;
    prepare(target);
    clearTimeout(timer);
    timer = setTimeout(suggest, WAIT, target);
  });

  document.addEventListener("keydown", (event) => {
    const field = fieldOf(event.target);
    if (!isPrepared(field) || event.isComposing) return;
    const options = optionsOf(field);
    const place = options.findIndex((one) => one.id === field.getAttribute("aria-activedescendant"));
    // From the field itself, which is the place before the first and after the last.
    const around = (step) => options[(place + 1 + step + options.length + 1) % (options.length + 1) - 1];
    const { key } = event;
    if (!isOpen(field)) {
      if (key !== "ArrowDown" || !options.length) return;
      open(field, true);
      choose(field, options[0]);
    } else if (key === "ArrowDown" || key === "ArrowUp") choose(field, around(key === "ArrowDown" ? 1 : -1));
    else if (place >= 0 && (key === "Home" || key === "End")) choose(field, options.at(key === "Home" ? 0 : -1));
    else if (key === "Enter" && place >= 0) options[place].click();
    else {
      if (key === "Escape" || key === "Enter" || key === "Tab") close(field);
      else choose(field, null);
      if (key !== "Escape") return;
    }
    event.preventDefault();
  });

  // What was on its way as the form was sent would cover what is found.
  document.addEventListener("submit", ({ target }) => {
    const field = target.querySelector?.(".search[data-suggestions] input[type=search]");
    if (isPrepared(field)) close(field);
  });

  // A page that the browser kept as it was left says in its field what its results are for, not what was typed there and not sent.
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    for (const field of document.querySelectorAll(".search input[type=search]")) {
      if (new URL(field.form.action).pathname === location.pathname) field.value = field.defaultValue;
    }
  });

  // The field keeps the focus while an option is pressed; elsewhere the list closes.
  document.addEventListener("mousedown", (event) => { if (event.target.closest(".suggestions")) event.preventDefault(); });
  document.addEventListener("click", ({ target }) => { if (target.closest(".suggestions")) close(target.closest("form").querySelector("[role=combobox]")); });
  document.addEventListener("focusout", ({ target }) => { if (isPrepared(fieldOf(target))) close(target); });
}
