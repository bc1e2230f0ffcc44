// The gate: how many go on follows the switches, and grounds are asked for where one is off.
"use strict";

(() => {
  const shape = (form) => {
    const who = form.querySelector("[data-who]");
    if (!who) return;
    const chosen = form.querySelector("input[name=outcome]:checked");
    who.hidden = Boolean(chosen) && chosen.value !== "proceed";
    let staying = 0;
    for (const row of who.querySelectorAll("[data-supplier]")) {
      const isOn = row.querySelector("[data-goes-on]").checked;
      staying += isOn ? 1 : 0;
      row.classList.toggle("out", !isOn);
      row.querySelector("[data-reason]").hidden = isOn;
    }
    const number = who.querySelector("[data-to]");
    if (number.textContent !== String(staying)) number.textContent = staying;
  };
  for (const form of document.querySelectorAll("form[data-gate]")) {
    shape(form);
    form.addEventListener("change", () => shape(form));
    form.addEventListener("draft:filled", () => shape(form));
  }
})();
