// Adds to a shortlist where the reader is. In a list what is chosen stands in its address; on all other pages links lead on to the
// shortlist, unless the reader has a copy kept on this device, which is theirs to ask for and to forget.
{
  const KEY = "shortlist";
  // Set while the reader changes the list whose copy is kept: the next page has the change.
  const FOLLOWS = "shortlist-follows";
  const MOST = 60;
  const address = document.currentScript.dataset.address;
  const links = () => document.querySelectorAll("a[data-act=shortlist]");
  const isList = () => Boolean(document.getElementById("results-page"));

  // A choice is all that a shortlist's address holds: its measures (m), and title, reasons and the like beside them.
  const namesIn = (choice) => choice.getAll("m");

  const withNames = (choice, names) => {
    const changed = new URLSearchParams(names.map((name) => ["m", name]));
    for (const [name, value] of choice) {
      const isTaken = name === "x" && names.includes(value.split(":")[0]);
      if (name !== "m" && !isTaken) changed.append(name, value);
    }
    return changed;
  };

  // A browser may refuse to keep anything; then nothing is kept. What was kept when only numbers were is a list of them.
  const kept = () => {
    try {
      const text = localStorage.getItem(KEY);
      if (text === null) return null;
      const choice = text.startsWith("[") ? withNames(new URLSearchParams(), JSON.parse(text)) : new URLSearchParams(text);
      return withNames(choice, namesIn(choice).filter((name) => /^M\d{4,9}$/.test(name)));
    } catch {
      return null;
    }
  };

  const keep = (choice) => {
    try {
      localStorage.setItem(KEY, choice.toString());
    } catch {
      return false;
    }
    return true;
  };

  const withChoice = (url, choice) => {
    url.searchParams.delete("s");
    url.searchParams.delete("s_beside");
    for (const name of namesIn(choice)) url.searchParams.append("s", name);
    const beside = withNames(choice, []).toString();
    if (beside) url.searchParams.set("s_beside", beside);
    return url;
  };

  const inAddress = () => {
    const query = new URLSearchParams(isList() ? location.search : "");
    return withNames(new URLSearchParams(query.get("s_beside") ?? ""), query.getAll("s"));
  };
  const chosen = () => kept() ?? inAddress();
  const shortlistOf = (choice) => `${address}?${choice}`;

  const putInAddress = (choice) => {
    if (isList()) history.replaceState(history.state, "", withChoice(new URL(location.href), choice));
  };

  const choose = (choice) => {
    if (kept() === null) putInAddress(choice);
    else keep(choice);
  };

  // What is said stands in one line that was there before, else screen readers would not read it.
  const status = () => {
    let line = document.getElementById("shortlist-status");
    if (!line) {
      line = document.createElement("p");
      line.id = "shortlist-status";
      line.className = "visually-hidden";
      line.setAttribute("role", "status");
      document.getElementById("main").append(line);
    }
    return line;
  };

  const element = (tag, text, values = {}) => Object.assign(document.createElement(tag), { textContent: text, ...values });

  const bar = (choice) => {
    const names = namesIn(choice);
    for (const one of document.querySelectorAll(".chosen")) one.remove();
    if (!choice.toString() || document.getElementById("shortlist-device")) return;
    const aside = element("aside", "", { className: "chosen" });
    aside.setAttribute("aria-label", "Your shortlist");
    const line = element("p", "");
    const isKept = kept() !== null;
    line.append(element("b", `${names.length} in your shortlist${isKept ? ", kept on this device" : ""}`), " ");
    line.append(element("a", "Open it", { href: shortlistOf(choice) }), " ");
    if (!isKept) line.append(element("button", "Keep it on this device", { type: "button", onclick: keepIt }), " ");
    line.append(element("button", "Forget it", { type: "button", onclick: forget }));
    aside.append(line);
    document.getElementById("main").append(aside);
  };

  // What was withdrawn takes no other's place: the server says which of those in the address that is.
  const placeless = new Set();
  const taken = (names) => names.filter((name) => !placeless.has(name)).length;
  const learn = () => {
    const told = document.querySelector("[data-placeless]")?.dataset.placeless ?? "";
    for (const name of told.split(" ")) placeless.add(name);
  };

  const mark = (choice) => {
    learn();
    const names = namesIn(choice);
    const works = isList() || kept() !== null;
    for (const link of links()) {
      const adds = choice.toString() || kept() !== null ? "Add to shortlist" : "Begin a shortlist";
      const text = names.includes(link.dataset.of) ? "Take out of shortlist" : adds;
      const name = link.getAttribute("aria-label").replace(/^[^:]*/, "");
      link.textContent = text;
      link.setAttribute("aria-label", text + name);
      if (works) link.setAttribute("role", "button");
      else link.removeAttribute("role");
    }
  };

  const show = (said) => {
    const choice = chosen();
    mark(choice);
    bar(choice);
    onShortlist();
    if (said) status().textContent = said;
  };

  // The way to the shortlist is the next thing after what was added: by keyboard the end of a list is far away.
  const lead = (link, choice) => {
    const names = namesIn(choice);
    for (const one of document.querySelectorAll(".to-shortlist")) one.remove();
    if (names.length) link.after(" ", element("a", `Open your shortlist (${names.length})`, { href: shortlistOf(choice), className: "act to-shortlist" }));
  };

  const toggle = (link) => {
    const name = link.dataset.of;
    const choice = chosen();
    const names = namesIn(choice);
    if (names.includes(name)) {
      const rest = names.filter((one) => one !== name);
      choose(withNames(choice, rest));
      show(`Taken out. ${rest.length} in your shortlist`);
    } else if (taken(names) >= MOST) {
      show(`Not added: a shortlist holds at most ${MOST}.`);
    } else {
      choose(withNames(choice, [...names, name]));
      show(`Added. ${names.length + 1} in your shortlist`);
    }
    lead(link, chosen());
  };

  function keepIt() {
    if (!keep(chosen())) {
      show("This browser does not let anything be kept.");
      return;
    }
    putInAddress(new URLSearchParams());
    show("Kept by this browser, on this device alone.");
    document.querySelector(".chosen a")?.focus();
  }

  function forget() {
    localStorage.removeItem(KEY);
    putInAddress(new URLSearchParams());
    show("Forgotten: nothing is kept on this device.");
    document.getElementById("main").focus({ preventScroll: true });
  }

  // The page of a shortlist

  const device = () => document.getElementById("shortlist-device");
  const onPage = () => new URLSearchParams(device().dataset.query);
  const isSame = () => kept()?.toString() === onPage().toString();

  const onShortlist = () => {
    const place = device();
    if (!place) return;
    const copy = kept();
    const state = copy === null ? "none" : isSame() ? "same" : "other";
    const here = namesIn(onPage());
    place.hidden = state === "none" && !onPage().toString();
    for (const one of place.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== state;
    if (state !== "other") return;
    const names = namesIn(copy);
    const both = [...names, ...here.filter((name) => !names.includes(name))];
    place.querySelector(".count").textContent = names.length;
    place.querySelector(".open").href = shortlistOf(copy);
    place.querySelector(".join").href = shortlistOf(withNames(copy, both));
    place.querySelector(".join").hidden = taken(both) > MOST || both.length === names.length;
  };

  const leadsToShortlist = (target) => target && new URL(target, location.href).pathname === address;
  const follow = () => sessionStorage.setItem(FOLLOWS, "yes");

  const adopt = () => {
    if (kept() === null) return;
    const follows = sessionStorage.getItem(FOLLOWS);
    sessionStorage.removeItem(FOLLOWS);
    if (follows && device()) keep(onPage());
  };

  document.addEventListener("click", (event) => {
    const place = device();
    const button = event.target.closest("[data-device]");
    if (place && button) {
      if (button.dataset.device === "forget") forget();
      else {
        keep(onPage());
        show("Kept by this browser, on this device alone.");
        place.querySelector("[data-when=same] button").focus();
      }
      return;
    }
    const link = event.target.closest("a");
    if (!link) return;
    const isChange = place && leadsToShortlist(link.href) && link.closest("main");
    if (isChange && (isSame() || link.className === "join")) follow();
    if (link.dataset.act !== "shortlist" || !link.hasAttribute("role")) return;
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    toggle(link);
  });

  document.addEventListener("submit", (event) => {
    if (device() && isSame() && leadsToShortlist(event.target.action)) follow();
  });

  // What looks like a button to screen readers answers to the space bar too.
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches?.("a[data-act=shortlist][role=button]")) return;
    event.preventDefault();
    event.target.click();
  });

  // Other filters, other pages of the list: the choice goes along.
  document.addEventListener("htmx:configRequest", (event) => {
    const choice = kept() === null ? inAddress() : new URLSearchParams();
    const url = new URL(event.detail.path, location.href);
    for (const name of ["s", "s_beside"]) event.detail.parameters.delete?.(name);
    if (!choice.toString() && !url.searchParams.has("s") && !url.searchParams.has("s_beside")) return;
    withChoice(url, choice);
    event.detail.path = url.pathname + url.search;
  });
  for (const name of ["htmx:afterSwap", "htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(name, () => show());
  for (const name of ["pageshow", "storage"]) addEventListener(name, () => show());

  try {
    adopt();
  } catch {
    // No storage: nothing is kept.
  }
  status();
  show();
}
