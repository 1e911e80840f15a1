// Quicker coding: the tree narrows as one types, and Ctrl+Enter saves. Without it, "Find" does the same on the server.
"use strict";

(() => {
  const form = document.getElementById("coding");
  const query = document.getElementById("q");
  const rows = [...document.querySelectorAll("#tree label")];
  const found = document.getElementById("found");
  if (!form || !query || query.value) return; // the server has narrowed it: only part of the tree is here

  const depth = (row) => Number(row.className.match(/depth-(\d+)/)?.[1] ?? 1);
  const code = (row) => row.querySelector("b").textContent;
  const words = (row) => row.textContent.toLowerCase();

  const isHit = (row, text) =>
    /^[\d.]+$/.test(text)
      ? code(row).startsWith(text)
      : text.split(/\s+/).every((word) => new RegExp(`(^|[^\\p{L}\\d])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u").test(words(row)));

  const narrow = () => {
    const text = query.value.trim().toLowerCase();
    let keepAbove = 0;
    // From the end: what stands above a hit is met after it, and is kept.
    for (const row of [...rows].reverse()) {
      const isShown = !text || isHit(row, text) || depth(row) < keepAbove || row.querySelector("input").checked;
      row.hidden = !isShown;
      if (isShown) keepAbove = depth(row);
      else if (depth(row) === 1) keepAbove = 0;
    }
    const shown = rows.filter((row) => !row.hidden);
    found.textContent = text ? `${shown.length} shown for “${query.value.trim()}”.` : "";
    return text ? shown.filter((row) => isHit(row, text)) : [];
  };

  query.addEventListener("input", narrow);
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const hits = narrow();
    const exact = hits.find((row) => code(row) === query.value.trim());
    const choice = (exact ?? hits[0])?.querySelector("input");
    if (!choice) return;
    if (exact || hits.length === 1) choice.checked = true;
    choice.focus();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[value=next]"));
    }
  });
})();
