// What every page needs: menus that close, buttons that tell they are at work, a question before
// what cannot be undone, and focus after a swap.
"use strict";

(() => {
  document.documentElement.classList.add("js");

  // Say something to screen readers through the page's one live region.
  window.announce = (words) => {
    const region = document.getElementById("announcer");
    if (!region) return;
    region.textContent = "";
    window.setTimeout(() => { region.textContent = words; }, 50);
  };

  // What was saved on the way here is said once the page is there.
  const toasts = document.querySelector(".toasts");
  if (toasts) window.announce(toasts.textContent.trim());

  // Menus: Escape and a press outside close them.
  const menus = () => document.querySelectorAll("details.usermenu[open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of menus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // The tab that one is at is seen, also where the tabs are wider than the screen.
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const list = tab.closest("ul");
    const [at, room] = [tab.getBoundingClientRect(), list.getBoundingClientRect()];
    list.scrollLeft += at.left - room.left - (room.width - at.width) / 2;
  }

  // The error summary takes the focus, and is the first that the title says.
  const errors = document.querySelector("[data-errors]");
  if (errors) {
    document.title = `${errors.querySelector("h2").textContent.trim()} – ${document.title}`;
    errors.focus();
  }

  // What cannot be undone is asked about once more: form data-confirm="the question".
  const sheet = document.getElementById("confirm-sheet");
  const ask = (form, button) => {
    const dialog = sheet.content.firstElementChild.cloneNode(true);
    dialog.querySelector("h2").textContent = form.dataset.confirm;
    const more = dialog.querySelector("[data-more]");
    more.textContent = form.dataset.confirmMore || "";
    more.hidden = !more.textContent;
    const yes = dialog.querySelector("[value=yes]");
    // The heading says about what: what the button says of it to a screen reader alone stays out.
    const words = button?.cloneNode(true);
    words?.querySelectorAll(".ds-sr-only").forEach((each) => each.remove());
    yes.textContent = words?.textContent.trim() || yes.textContent;
    if (button?.dataset.color) yes.dataset.color = button.dataset.color;
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (dialog.returnValue !== "yes") {
        button?.focus();
        return;
      }
      form.dataset.confirmed = "yes";
      const box = form.querySelector("[data-confirm-box] input[type=checkbox]");
      if (box) box.checked = true;
      form.requestSubmit(button);
    });
    dialog.showModal();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!form.dataset.confirm || form.dataset.confirmed || !sheet) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form, button);
  }, true);

  // A file that is too large is told of at its field before it is sent: one that is far too large
  // is never read, and what was beside it has to be found again.
  document.addEventListener("submit", (event) => {
    for (const field of event.target.querySelectorAll("input[type=file][data-most]")) {
      const isTooLarge = [...field.files].some((file) => file.size > Number(field.dataset.most));
      field.setCustomValidity(isTooLarge ? field.dataset.tooLarge : "");
      if (!isTooLarge) continue;
      event.preventDefault();
      event.stopImmediatePropagation();
      field.reportValidity();
    }
  }, true);

  // A second press while the first is on its way is dropped; the button says what it is doing.
  const labels = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // Enter in a field presses the first button: where that is not the one to see, a hidden one.
    const isDefault = event.submitter?.hasAttribute("data-default");
    const button = isDefault ? form.querySelector(".form__act .ds-button") : event.submitter;
    if (!button?.classList.contains("ds-button")) return;
    labels.set(button, [...button.childNodes]);
    button.setAttribute("aria-busy", "true");
    button.replaceChildren(document.body.dataset.saving);
    window.announce(document.body.dataset.saving);
  });
  const rest = (form) => {
    delete form.dataset.sent;
    delete form.dataset.confirmed;
    for (const button of form.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
      if (labels.has(button)) button.replaceChildren(...labels.get(button));
    }
  };
  // Back in the browser's history brings the page as it was left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(rest);
  });

  // htmx: focus stays where it was, or goes to the heading of what came instead.
  let focused = "";
  document.addEventListener("htmx:beforeSwap", () => {
    focused = document.activeElement?.id || "";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const lost = !document.activeElement || document.activeElement === document.body;
    if (!lost || !focused) return;
    const part = event.detail.elt;
    const before = document.getElementById(focused);
    const target = before || part.querySelector("h1, h2, h3, h4") || part;
    if (!before) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: Boolean(before) });
    focused = "";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form");
    if (form) rest(form);
    const notice = document.getElementById("failed");
    if (notice && event.detail.successful && event.detail.requestConfig.verb !== "get") notice.hidden = true;
  });
  // A field that searches as one writes: Enter sends nothing else.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("form[method=post] input[type=search][hx-get]")) event.preventDefault();
  });
  // A checklist that comes back keeps what was ticked while it was on its way; that is sent next.
  const ticksOf = (list) => [...list.querySelectorAll("input[type=checkbox]")].map((box) => [box.id, box.checked]);
  const sentTicks = new WeakMap();
  let sinceThen = [];
  document.addEventListener("htmx:beforeRequest", (event) => {
    const list = event.detail.elt.closest?.("[data-check]");
    if (list) sentTicks.set(list, new Map(ticksOf(list)));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const list = event.detail.target.closest?.("[data-check]");
    const before = sentTicks.get(list);
    sinceThen = before ? ticksOf(list).filter(([id, isOn]) => before.get(id) !== isOn) : [];
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, isOn] of sinceThen) {
      const box = document.getElementById(id);
      if (box) box.checked = isOn;
    }
    sinceThen = [];
  });
  // A change that did not reach the server is said where it can be seen, until one does.
  const failed = (event) => {
    if (event.detail.requestConfig?.verb === "get") return;
    const notice = document.getElementById("failed");
    if (!notice) return;
    notice.hidden = false;
    window.announce(notice.textContent.trim());
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:afterSwap", (event) => {
    const part = event.detail.elt;
    const words = part.closest?.("[data-announce]") || part.querySelector?.("[data-announce]");
    if (words) window.announce(words.dataset.announce);
  });
})();
