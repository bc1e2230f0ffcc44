// What every page needs: menus that close, buttons that tell they are at work, focus after a swap.
"use strict";

(() => {
  const announcer = () => document.getElementById("announcer");

  // Say something to screen readers through the page's one live region.
  window.announce = (words) => {
    const region = announcer();
    if (!region) return;
    region.textContent = "";
    window.setTimeout(() => { region.textContent = words; }, 50);
  };

  // Menus: Escape and a press outside close them.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.usermenu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.usermenu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // The first error summary takes the focus.
  document.querySelector("[data-errors]")?.focus();

  // A second press while the first is on its way is dropped; the button says what it is doing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (!button || !button.classList.contains("ds-button")) return;
    button.setAttribute("aria-busy", "true");
    button.dataset.label = button.innerHTML;
    // The name and value of the button are read after this event, so only its words change.
    button.textContent = document.body.dataset.saving;
    window.announce(document.body.dataset.saving);
  });
  const rest = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
      if (button.dataset.label) button.innerHTML = button.dataset.label;
      delete button.dataset.label;
    }
  };
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(rest);
  });

  // htmx: focus stays where it was, or goes to the heading of what came instead.
  let focused = "";
  document.addEventListener("htmx:beforeSwap", () => {
    focused = document.activeElement?.id || "";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (document.activeElement && document.activeElement !== document.body) return;
    if (!focused) return;
    const same = document.getElementById(focused);
    const target = same || part.querySelector("h1, h2, h3, h4") || part;
    if (!same) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: Boolean(same) });
    focused = "";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form");
    if (form) rest(form);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const words = event.detail.elt.querySelector?.("[data-announce]")?.dataset.announce;
    if (words) window.announce(words);
  });
})();
