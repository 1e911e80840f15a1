// Copy buttons stay hidden where nothing could make them work. Parts of a page may come later.
const reveal = () => { if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) button.hidden = false; };
const sayOn = (button, text) => {
  button.dataset.label = button.textContent;
  button.textContent = text;
  setTimeout(() => { button.textContent = button.dataset.label; delete button.dataset.label; }, 2000);
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || button.dataset.label) return;
  await navigator.clipboard.writeText(button.closest(".form").querySelector(".text").textContent);
  sayOn(button, "Copied");
});
// What is copied may stand at an address of its own. The clipboard is given it as something that comes: after a wait some browsers
// no longer take the click for the reader's wish.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-from]");
  if (!button || button.dataset.label) return;
  // What a reader has written, or wiped out, is in no address, and is sent along.
  const written = document.getElementById(button.dataset.copyForm);
  const isWritten = [...(written?.elements ?? [])].some((one) => one.name && (one.value || one.defaultValue));
  const sent = isWritten ? { method: "POST", body: new URLSearchParams(new FormData(written)) } : {};
  const fetched = async (address, type) => {
    const response = await fetch(address, sent);
    if (!response.ok) throw new Error(response.status);
    return new Blob([await response.text()], { type });
  };
  const forms = { "text/plain": fetched(button.dataset.copyFrom, "text/plain") };
  // What takes it may be a word processor, or a field that takes text alone.
  if (button.dataset.copyHtml) forms["text/html"] = fetched(button.dataset.copyHtml, "text/html");
  try {
    await navigator.clipboard.write([new ClipboardItem(forms)]);
    sayOn(button, "Copied");
  } catch {
    sayOn(button, "This could not be copied");
  }
  button.parentElement.querySelector("[role=status]").textContent = button.textContent;
});
document.addEventListener("htmx:afterSettle", reveal);
reveal();

// What is kept for all readers has no date of today; paper needs one.
addEventListener("beforeprint", () => {
  const today = new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  for (const one of document.querySelectorAll(".printed-on")) one.textContent = ` on ${today}`;
});

// Scripts of what acts on a measure are fetched once a reader makes for it.
{
  const named = [...document.querySelectorAll("meta[name=act-script]")];
  const linkOf = (event) => named.length && event.target.closest?.("a.act");
  let isHere = false;
  let coming;
  const fetchScript = (meta) => new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: meta.content, onload: resolve, onerror: reject });
    Object.assign(script.dataset, meta.dataset);
    document.head.append(script);
  });
  const fetchAll = () => coming ??= Promise.all(named.map(fetchScript)).then(() => { isHere = true; });
  const isKept = () => { try { return localStorage.getItem("shortlist") !== null; } catch { return false; } };
  const query = new URLSearchParams(location.search);
  const isChoosing = named.some((meta) => query.has(meta.dataset.parameter)) || document.getElementById("shortlist-device");
  if (named.length && (isChoosing || isKept())) fetchAll();
  // A press that comes before them waits.
  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (!link || isHere || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fetchAll().then(() => link.click(), () => location.assign(link.href));
  }, true);
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, (event) => { if (linkOf(event)) fetchAll(); });
}
