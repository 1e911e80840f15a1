// Choosing from the list what to compare: the choice stands in the address of the list, and nowhere else. Without this a link "Compare"
// leads to the comparison at once.
{
  const MOST = 5;
  const links = () => document.querySelectorAll("#results-page a[data-act=compare]");
  const accessionOf = (link) => new URL(link.href).searchParams.get("m");
  const chosen = () => new URLSearchParams(location.search).getAll("compare").join(",").split(",").filter(Boolean);

  // What is said of a choice. It stands outside of what htmx puts in place of the list, or it would not be heard.
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.querySelector("main").append(status);

  // The link that was followed, which is another element once the list was fetched.
  let followed = null;

  const mark = () => {
    const names = chosen();
    for (const link of links()) {
      const accession = accessionOf(link);
      const isChosen = names.includes(accession);
      link.textContent = isChosen ? "Chosen to compare" : "Compare";
      link.ariaLabel = isChosen ? `Take ${accession} out of the comparison` : `Compare ${accession}`;
      link.classList.toggle("on", isChosen);
    }
  };

  // The way to the comparison is the next thing after what was chosen: by keyboard the bar is far away.
  const lead = (link) => {
    const open = document.querySelector(".to-compare a");
    if (!link || !open) return;
    const step = document.createElement("a");
    step.href = open.href;
    step.className = "act";
    step.setAttribute("hx-boost", "false");
    step.textContent = `Open the comparison (${chosen().length})`;
    link.after(" ", step);
  };

  // The same list, on the same page, with another choice.
  const addressWith = (names) => {
    const query = new URLSearchParams(location.search);
    query.delete("compare");
    const rest = query.toString();
    const own = names.length ? `compare=${names.join(",")}` : "";
    return `${location.pathname}?${[rest, own].filter(Boolean).join("&")}`;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#results-page a[data-act=compare]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const accession = accessionOf(link);
    const before = chosen();
    const names = before.includes(accession) ? before.filter((one) => one !== accession) : [...before, accession];
    // What was withdrawn since takes no other's place.
    const most = Number(document.querySelector(".to-compare")?.dataset.most ?? MOST);
    if (names.length > most) {
      status.textContent = "Five can be compared at once: take one out first.";
      const bar = document.querySelector(".to-compare .most");
      if (bar) bar.hidden = false;
      return;
    }
    followed = accession;
    // As any link of the list: fetched, shown, and put into the history.
    const step = document.createElement("a");
    step.href = addressWith(names);
    step.hidden = true;
    document.getElementById("results-page").append(step);
    htmx.process(step);
    step.click();
  });

  document.addEventListener("htmx:afterSettle", () => {
    mark();
    if (followed === null) return;
    const link = [...links()].find((one) => accessionOf(one) === followed);
    lead(link);
    link?.focus({ preventScroll: true });
    followed = null;
    const count = chosen().length;
    status.textContent = count ? `${count} chosen to compare. The next link opens the comparison.` : "Nothing is chosen to compare.";
  });

  document.addEventListener("htmx:historyRestore", mark);
  mark();
}
