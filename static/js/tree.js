// Phases and steps of a draft are moved by dragging, beside the buttons that do the same. What is
// dropped on another takes its place.
"use strict";

(() => {
  const tree = document.querySelector("[data-tree]");
  if (!tree) return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || tree.dataset.token;
  let dragged = null;

  const fits = (target) => dragged && target && target !== dragged &&
    target.dataset.kind === dragged.dataset.kind;
  const near = (event) => event.target.closest("[data-move]");

  for (const part of tree.querySelectorAll("[data-move]")) part.draggable = true;
  tree.addEventListener("dragstart", (event) => {
    dragged = near(event);
    if (dragged) event.dataTransfer.effectAllowed = "move";
  });
  tree.addEventListener("dragover", (event) => {
    const target = near(event);
    tree.querySelector(".is-target")?.classList.remove("is-target");
    if (!fits(target)) return;
    event.preventDefault();
    target.classList.add("is-target");
  });
  tree.addEventListener("drop", (event) => {
    const target = near(event);
    if (!fits(target)) return;
    event.preventDefault();
    const form = document.createElement("form");
    form.method = "post";
    form.action = dragged.dataset.move;
    const values = { csrfmiddlewaretoken: token, to: target.dataset.index, phase: target.dataset.phase };
    for (const [name, value] of Object.entries(values)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  });
  tree.addEventListener("dragend", () => {
    dragged = null;
    tree.querySelector(".is-target")?.classList.remove("is-target");
  });
})();
