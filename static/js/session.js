// A word five minutes before the session ends. Saving prolongs it; so does the button.
"use strict";

(() => {
  const WARN_S = 5 * 60;
  const notice = document.getElementById("session-notice");
  if (!notice) return;
  let ends = Number(document.body.dataset.sessionEnds) * 1000;
  let timer = 0;

  const plan = () => {
    clearTimeout(timer);
    const wait = ends - WARN_S * 1000 - Date.now();
    // Longer waits than a timer can hold are far beyond any working day.
    timer = setTimeout(() => {
      notice.hidden = false;
      window.announce?.(notice.querySelector("p").textContent);
    }, Math.min(Math.max(wait, 0), 2 ** 31 - 1));
  };
  plan();

  // Where one was before the word came; there one goes on.
  let before = null;
  document.addEventListener("focusin", (event) => {
    if (!notice.contains(event.target)) before = event.target;
  });
  const [soon, lost] = notice.querySelectorAll("p");
  const isLost = (yes) => [soon.hidden, lost.hidden] = [yes, !yes];
  notice.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const form = event.target;
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      isLost(true);
      window.announce?.(lost.textContent.trim());
      return;
    }
    ends = Number(await answer.text()) * 1000;
    isLost(false);
    const next = before?.isConnected ? before : document.getElementById("innehall");
    next?.focus();
    notice.hidden = true;
    window.announce?.(notice.dataset.stays);
    plan();
  });
})();
