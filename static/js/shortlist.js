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

  // A browser may refuse to keep anything; then nothing is kept.
  const kept = () => {
    try {
      const names = JSON.parse(localStorage.getItem(KEY));
      return Array.isArray(names) ? names.filter((name) => /^M\d{4,9}$/.test(name)) : null;
    } catch {
      return null;
    }
  };

  const keep = (names) => {
    try {
      localStorage.setItem(KEY, JSON.stringify(names));
    } catch {
      return false;
    }
    return true;
  };

  const withChoice = (url, names) => {
    url.searchParams.delete("s");
    for (const name of names) url.searchParams.append("s", name);
    return url;
  };

  const inAddress = () => (isList() ? new URLSearchParams(location.search).getAll("s") : []);
  const chosen = () => kept() ?? inAddress();
  const shortlistOf = (names) => `${address}?${new URLSearchParams(names.map((name) => ["m", name]))}`;

  const putInAddress = (names) => {
    if (isList()) history.replaceState(history.state, "", withChoice(new URL(location.href), names));
  };

  const choose = (names) => {
    if (kept() === null) putInAddress(names);
    else keep(names);
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

  const bar = (names) => {
    for (const one of document.querySelectorAll(".chosen")) one.remove();
    if (!names.length || document.getElementById("shortlist-device")) return;
    const aside = element("aside", "", { className: "chosen" });
    aside.setAttribute("aria-label", "Your shortlist");
    const line = element("p", "");
    const isKept = kept() !== null;
    line.append(element("b", `${names.length} in your shortlist${isKept ? ", kept on this device" : ""}`), " ");
    line.append(element("a", "Open it", { href: shortlistOf(names) }), " ");
    if (!isKept) line.append(element("button", "Keep it on this device", { type: "button", onclick: keepIt }), " ");
    line.append(element("button", "Forget it", { type: "button", onclick: forget }));
    aside.append(line);
    document.getElementById("main").append(aside);
  };

  const mark = (names) => {
    const works = isList() || kept() !== null;
    for (const link of links()) {
      const adds = names.length || kept() !== null ? "Add to shortlist" : "Begin a shortlist";
      const text = names.includes(link.dataset.of) ? "Take out of shortlist" : adds;
      const name = link.getAttribute("aria-label").replace(/^[^:]*/, "");
      link.textContent = text;
      link.setAttribute("aria-label", text + name);
      if (works) link.setAttribute("role", "button");
      else link.removeAttribute("role");
    }
  };

  const show = (said) => {
    const names = chosen();
    mark(names);
    bar(names);
    onShortlist();
    if (said) status().textContent = said;
  };

  // The way to the shortlist is the next thing after what was added: by keyboard the end of a list is far away.
  const lead = (link, names) => {
    for (const one of document.querySelectorAll(".to-shortlist")) one.remove();
    if (names.length) link.after(" ", element("a", `Open your shortlist (${names.length})`, { href: shortlistOf(names), className: "act to-shortlist" }));
  };

  const toggle = (link) => {
    const name = link.dataset.of;
    const names = chosen();
    if (names.includes(name)) {
      const rest = names.filter((one) => one !== name);
      choose(rest);
      show(`Taken out. ${rest.length} in your shortlist`);
    } else if (names.length >= MOST) {
      show(`Not added: a shortlist holds at most ${MOST}.`);
    } else {
      choose([...names, name]);
      show(`Added. ${names.length + 1} in your shortlist`);
    }
    lead(link, chosen());
  };

  function keepIt() {
    const names = chosen();
    if (!keep(names)) {
      show("This browser does not let anything be kept.");
      return;
    }
    putInAddress([]);
    show("Kept by this browser, on this device alone.");
    document.querySelector(".chosen a")?.focus();
  }

  function forget() {
    localStorage.removeItem(KEY);
    putInAddress([]);
    show("Forgotten: nothing is kept on this device.");
    document.getElementById("main").focus({ preventScroll: true });
  }

  // The page of a shortlist

  const device = () => document.getElementById("shortlist-device");
  const onPage = () => device().dataset.names.split(" ").filter(Boolean);
  const isSame = () => kept() !== null && kept().join() === onPage().join();

  const onShortlist = () => {
    const place = device();
    if (!place) return;
    const copy = kept();
    const state = copy === null ? "none" : isSame() ? "same" : "other";
    place.hidden = state === "none" && !onPage().length;
    for (const one of place.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== state;
    if (state !== "other") return;
    const both = [...copy, ...onPage().filter((name) => !copy.includes(name))];
    place.querySelector(".count").textContent = copy.length;
    place.querySelector(".open").href = shortlistOf(copy);
    place.querySelector(".join").href = shortlistOf(both);
    place.querySelector(".join").hidden = both.length > MOST || !onPage().length;
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
    const names = kept() === null ? inAddress() : [];
    const url = new URL(event.detail.path, location.href);
    event.detail.parameters.delete?.("s");
    if (!names.length && !url.searchParams.has("s")) return;
    withChoice(url, names);
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
