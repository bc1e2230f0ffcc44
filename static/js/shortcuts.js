// Single-key shortcuts, only for those who have switched them on under Account (WCAG 2.1.4).
"use strict";

(() => {
  if (!("shortcuts" in document.body.dataset)) return;
  const PAUSE_MS = 1500;
  let first = "";
  let timer = 0;

  const rows = () => [...document.querySelectorAll(".caserow h3 a, .agenda li div > a")];
  const step = (way) => {
    const links = [...new Set(rows())];
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const next = at < 0 ? (way > 0 ? 0 : links.length - 1) : at + way;
    links[Math.min(Math.max(next, 0), links.length - 1)].focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key.length !== 1) return;
    const pressed = first ? `${first} ${key}` : key;
    first = "";
    clearTimeout(timer);
    const link = document.querySelector(`[data-key="${CSS.escape(pressed)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    } else if (pressed === "g") {
      first = "g";
      timer = setTimeout(() => { first = ""; }, PAUSE_MS);
    } else if (pressed === "j" || pressed === "k") {
      step(pressed === "j" ? 1 : -1);
    } else if (pressed === "/") {
      const search = document.querySelector("input[type=search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
    }
  });
})();
