// The list of mitigations: filters that stand open where there is room, and what a reader sees while a part of the page is fetched.
// htmx fetches links that stay on the list; all other links of the page are ordinary ones (hx-boost="false"). What a reader does
// ends a request that is still under way (hx-sync), which is no failure, and takes along what that one was for.
{
  const wide = matchMedia("(min-width: 60.01rem)");
  const results = () => document.getElementById("results-page");
  const failed = () => document.getElementById("failed");
  const details = () => document.querySelectorAll("#results-page details[data-keep]");
  const openFilters = () => {
    const facets = document.querySelector(".facets");
    if (facets && wide.matches) facets.open = true;
  };

  let states = new Map();
  let turnedPage = false;
  let focused = "";
  // What was written into the search field since the last request was sent.
  let unsentSearch = null;
  // What the list is asked for that is on its way.
  let awaited = null;

  const pairs = (query) => `${new URLSearchParams(query)}`.split("&").filter((one) => /=./.test(one));
  const without = (query, name) => query.filter((one) => !one.startsWith(`${name}=`));
  const searched = (query) => query.find((one) => one.startsWith("q="));
  const isSame = (some, others) => `${[...some].sort()}` === `${[...others].sort()}`;

  // What a link or the search changes of the list that is shown, it changes of the one that is on its way, too.
  const applied = (element, shown, wanted) => {
    let query = awaited.filter((one) => wanted.includes(one) || !shown.includes(one));
    for (const one of wanted.filter((pair) => !shown.includes(pair))) {
      // Of a filter several values hold at once; of all else, one.
      query = element.matches(".value") ? query.filter((other) => other !== one) : without(query, one.split("=")[0]);
      query.push(one);
    }
    return query;
  };

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const { elt } = detail;
    const shown = pairs(location.search);
    const wanted = pairs(elt.search ?? new FormData(elt));
    let query = wanted;
    if (!elt.matches(".clear")) {
      if (awaited) query = applied(elt, shown, wanted);
      // Text that was written and not sent goes along, unless it is the search that is taken off.
      const { value, defaultValue } = document.getElementById("q");
      const isUnsent = value !== defaultValue && searched(wanted) === searched(shown);
      if (isUnsent || elt.matches("form")) query = [...pairs({ q: value.trim() }), ...without(query, "q")];
    }
    // A page has its number in one list only.
    query = without(query, "page");
    if (isSame(query, without(wanted, "page"))) query = wanted;
    else {
      detail.path = `${location.pathname}?${query.join("&")}`;
      detail.parameters = {};
    }
    awaited = query;
  });

  const setBusy = (isBusy) => results()?.setAttribute("aria-busy", isBusy);

  const showFailure = (path, why) => {
    awaited = null;
    const notice = failed();
    notice.querySelector(".why").textContent = why;
    notice.querySelector("a").href = path;
    notice.hidden = false;  // It sticks to the top of the window, wherever the reader is.
  };

  // htmx writes errors to the console after it has called its logger. A request that a later one ends is none; of all others it says
  // once more, by what they failed.
  if (window.htmx) {
    htmx.logger = (element, name, detail) => {
      if (name === "htmx:sendAbort" || name === "htmx:afterRequest") delete detail.error;
    };
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    failed().hidden = true;
    turnedPage = Boolean(event.detail.elt.closest(".paging"));
    unsentSearch = null;
    setBusy(true);
  });

  document.addEventListener("input", (event) => {
    if (event.target.id === "q") unsentSearch = event.target.value;
  });

  // On a phone "Show 42 mitigations" ends the choosing; "Filters", beside the count, begins it again.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".to-results a, .to-filters");
    if (link && !wide.matches) document.querySelector(".facets").open = link.className === "to-filters";
  });

  document.addEventListener("htmx:afterRequest", () => setBusy(false));

  // Whoever goes back waits for nothing any more, and wrote for another page. This is heard before htmx puts the earlier page there.
  addEventListener("popstate", () => {
    unsentSearch = awaited = null;
    if (results()) htmx.trigger(results(), "htmx:abort");
  });

  // A reader who goes back should not find the page as it was while it waited. It has no inline styles either: where an extension
  // of the browser has put some, the policy would refuse them as they come back.
  document.addEventListener("htmx:beforeHistorySave", () => {
    setBusy(false);
    failed().hidden = true;
    for (const one of document.body.querySelectorAll("[style]")) one.removeAttribute("style");
  });

  document.addEventListener("htmx:sendError", (event) => {
    showFailure(event.detail.pathInfo.finalRequestPath, "The site cannot be reached.");
  });

  document.addEventListener("htmx:timeout", (event) => {
    showFailure(event.detail.pathInfo.finalRequestPath, "The site did not answer in time.");
  });

  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const why = status === 503 || status === 429 ? "The site is busy: wait a moment." : `The site answered with error ${status}.`;
    showFailure(event.detail.pathInfo.finalRequestPath, why);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, pathInfo } = event.detail;
    // What is no list, such as a page to sign in that a proxy puts before it, is opened as the page that it is.
    if (xhr.status < 400 && !xhr.responseText.includes('id="results-page"')) {
      event.detail.shouldSwap = false;
      location.assign(pathInfo.responsePath || pathInfo.finalRequestPath);
      return;
    }
    focused = document.activeElement?.id;
    states = new Map();
    for (const one of details()) states.set(one.dataset.keep, one.open);
  });

  // At once, before the browser lays the page out: a panel that opened later would push what is read out of sight.
  document.addEventListener("htmx:afterSwap", () => {
    for (const one of details()) {
      if (states.has(one.dataset.keep)) one.open = states.get(one.dataset.keep);
    }
    awaited = null;
    openFilters();
    // htmx has tried to, while the panel was closed.
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
    if (unsentSearch !== null) document.getElementById("q").value = unsentSearch;
  });

  document.addEventListener("htmx:afterSettle", () => {
    const heading = document.querySelector(".results h1");
    if (turnedPage) {
      heading.scrollIntoView();
      heading.focus({ preventScroll: true });
    } else if (document.activeElement === document.body) {
      // The link that was followed is gone, as that of a filter taken off is.
      heading.focus({ preventScroll: true });
    }
    turnedPage = false;
  });

  wide.addEventListener("change", openFilters);
  openFilters();
}
