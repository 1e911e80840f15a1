// A table goes as one: into a document with its cells, into a sheet or a mail as lines.
const button = document.querySelector("[data-copy-table]");
// What a cell says, its small lines in brackets.
const words = (cell) => {
  const small = [...cell.querySelectorAll("small")].map((one) => one.textContent);
  const all = cell.textContent.replace(/\s+/g, " ").trim().replace(/\s+[+−]$/, "");
  return small.reduce((text, one) => text.replace(one, ` (${one})`), all);
};
const escaped = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const copied = () => {
  const rows = [...document.querySelector(button.dataset.copyTable).rows].map((row) => [...row.cells].map(words));
  const drawn = rows.map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join("")}</tr>`).join("");
  const lines = rows.map((row) => row.join("\t")).join("\n");
  return new ClipboardItem({
    "text/html": new Blob([`<table>${drawn}</table>`], { type: "text/html" }),
    "text/plain": new Blob([lines], { type: "text/plain" }),
  });
};
if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const before = button.textContent;
    try {
      await navigator.clipboard.write([copied()]);
      button.textContent = "Copied";
    } catch {
      button.textContent = "This could not be copied";
    }
    button.parentElement.querySelector("[role=status]").textContent = button.textContent;
    button.disabled = true;
    setTimeout(() => { button.textContent = before; button.disabled = false; }, 2000);
  });
}
