// What somebody writes survives a reload, a lost network and an expired session: forms marked
// data-keep are copied to this device as they are written, and cleared once the server has saved.
// Of somebody who has not signed in, nothing outlives the tab: the next visitor may be another.
"use strict";

(() => {
  const DAYS_KEPT = 14;
  const PREFIX = "upptakt:draft:";
  const body = document.body;
  const who = body.dataset.user || "";

  const place = () => (who ? localStorage : sessionStorage);
  const store = {
    get(key) {
      try { return JSON.parse(place().getItem(key)); } catch { return null; }
    },
    set(key, value) {
      try { place().setItem(key, JSON.stringify(value)); } catch { /* full or forbidden */ }
    },
    // A visitor whose account was made by what they sent has signed in since.
    remove(key) {
      try { [localStorage, sessionStorage].forEach((where) => where.removeItem(key)); } catch { /* forbidden */ }
    },
    keys(start = PREFIX, where = place) {
      try { return Object.keys(where()).filter((key) => key.startsWith(start)); } catch { return []; }
    },
  };

  const keyOf = (form) => {
    const address = new URL(form.getAttribute("action") || "", location.href).pathname;
    return `${PREFIX}${who}:${address}:${form.dataset.keep ?? ""}`;
  };
  const kept = (field) =>
    field.name && field.name !== "csrfmiddlewaretoken" && field.autocomplete !== "one-time-code" &&
    !field.matches("[data-unkept]") &&
    !["password", "hidden", "file", "submit", "button", "image", "reset"].includes(field.type);
  const fields = (form) => [...form.elements].filter(kept);
  // What a form was begun from: by it the server sees that somebody else has saved since.
  const BEGUN = /^initial-|(^|-)was(_|$)|^started_from$/;
  const begun = (form) => [...form.elements].filter((f) => f.type === "hidden" && BEGUN.test(f.name));
  const beganWith = (form) => begun(form).map((field) => [field.name, field.value]);
  const beginWith = (form, values) => {
    if (!values) return;
    const names = new Set([...values.map(([name]) => name), ...begun(form).map((f) => f.name)]);
    for (const name of names) {
      const stood = begun(form).filter((field) => field.name === name);
      const wanted = values.filter(([one]) => one === name).map(([, value]) => value);
      // One that the draft does not know has come with a newer page; a set was empty then.
      if (!wanted.length && !name.startsWith("initial-")) continue;
      wanted.forEach((value, place) => {
        const field = stood[place] || document.createElement("input");
        if (!stood[place]) {
          field.type = "hidden";
          field.name = name;
          form.append(field);
        }
        field.value = value;
      });
      stood.slice(wanted.length).forEach((field) => field.remove());
    }
  };
  const ticked = (field) => field.type === "checkbox" || field.type === "radio";

  const TICK = "tick";
  const written = (form) => fields(form).map((field) => ticked(field)
    ? [field.name, `${field.value}:${field.checked}`, TICK] : [field.name, field.value]);
  const original = (form) => fields(form).map((field) => {
    if (ticked(field)) return [field.name, `${field.value}:${field.defaultChecked}`, TICK];
    if (field.options) {
      const chosen = [...field.options].find((option) => option.defaultSelected) || field.options[0];
      return [field.name, chosen ? chosen.value : ""];
    }
    return [field.name, field.defaultValue];
  });
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  const fill = (form, values) => {
    const rest = values.slice();
    for (const field of fields(form)) {
      const index = rest.findIndex(([name, value]) =>
        name === field.name && (!ticked(field) || value.startsWith(`${field.value}:`)));
      if (index < 0) continue;
      const [, value] = rest.splice(index, 1)[0];
      if (ticked(field)) field.checked = value.endsWith(":true");
      // What can no longer be chosen is left as the page shows it.
      else if (!field.options || [...field.options].some((one) => one.value === value)) field.value = value;
    }
    form.dispatchEvent(new Event("draft:filled", { bubbles: true }));
  };

  // Lists of rows, which the server draws: a draft with other rows is shown by its answer to a
  // press that saves nothing. Until one has chosen, the form rests, and nothing is written over it.
  const ROW = /^(.+)-(\d+)-/;
  const TOTAL = "-TOTAL_FORMS";
  const lists = (form) => [...form.elements].filter((field) => field.name.endsWith(TOTAL));
  const rows = (values) => [...new Set(values.map(([name]) => name.match(ROW)?.[0]))].filter(Boolean).sort();
  const fits = (form, draft) => !lists(form).length || same(rows(draft.values), rows(written(form)));
  const showAgain = (form, draft) => {
    const again = document.createElement("form");
    again.method = "post";
    again.hidden = true;
    const add = (name, value) => {
      const field = document.createElement("textarea");
      [field.name, field.value] = [name, value];
      again.append(field);
    };
    add("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    add("press", "show");
    for (const { name } of lists(form)) {
      const prefix = name.slice(0, -TOTAL.length);
      const places = draft.values.map(([one]) => one.match(ROW)).filter((row) => row?.[1] === prefix);
      add(name, String(Math.max(-1, ...places.map((row) => Number(row[2]))) + 1));
    }
    for (const [name, value, kind] of draft.values) {
      if (kind !== TICK) add(name, value);
      else if (value.endsWith(":true")) add(name, value.slice(0, -":true".length));
    }
    for (const [name, value] of draft.began || []) add(name, value);
    document.body.append(again);
    setSent([keyOf(form)]);
    again.submit();
  };

  const rest = (form, isResting) => {
    if (isResting) form.dataset.waits = "yes";
    else delete form.dataset.waits;
    for (const part of form.children) part.inert = isResting && !part.matches(".notice");
  };
  // One that was kept before boxes were marked as such.
  const marked = (form, draft) => {
    if (!draft || [...draft.values, ...(draft.base || [])].some(([, , kind]) => kind)) return draft;
    const alike = (name) => name.replace(/-\d+-/, "-0-");
    const boxes = new Set(fields(form).filter(ticked).map((field) => alike(field.name)));
    const mark = ([name, value]) =>
      /^on:(true|false)$/.test(value) || (boxes.has(alike(name)) && /:(true|false)$/.test(value))
        ? [name, value, TICK] : [name, value];
    return { ...draft, values: draft.values.map(mark), base: draft.base?.map(mark) };
  };

  // As pages write it: 16 nov 14.20, in Swedish time.
  const moment = (at) => {
    const { lang } = document.documentElement;
    const parts = new Intl.DateTimeFormat(lang, {
      day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Europe/Stockholm",
    }).formatToParts(at);
    const { day, month, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
    return `${day} ${month.replace(".", "")} ${hour}${lang === "en" ? ":" : "."}${minute}`;
  };

  const notice = (form, draft, fresh) => {
    const sheet = document.getElementById("draft-notice");
    if (!sheet || form.querySelector(".notice")) return;
    const part = sheet.content.firstElementChild.cloneNode(true);
    const changed = draft.base && !same(draft.base, original(form));
    part.querySelector("[data-when]").textContent = moment(draft.at);
    part.querySelector("[data-changed]").hidden = !changed;
    const show = part.querySelector("[data-show]");
    show.hidden = part.querySelector("[data-waits]").hidden = !form.dataset.waits;
    show.addEventListener("click", () => showAgain(form, draft));
    part.querySelector("[data-discard]").addEventListener("click", () => {
      store.remove(keyOf(form));
      if (!form.dataset.waits) {
        form.reset();
        beginWith(form, fresh);
        form.dispatchEvent(new Event("draft:filled", { bubbles: true }));
      }
      rest(form, false);
      part.remove();
      form.querySelector("textarea, input:not([type=hidden])")?.focus();
    });
    form.prepend(part);
    // Said too, once the page can: the fields hold something else than what is saved.
    setTimeout(() => window.announce?.(part.querySelector("p").innerText.trim()), 500);
  };

  // A page that came back with errors, or from a press that saves nothing, holds what was typed.
  const holds = (form) => form.matches("[data-typed]") || form.querySelector("[data-errors]");

  const keep = (form) => {
    if (form.dataset.waits) return;
    const now = written(form);
    const key = keyOf(form);
    if (same(now, original(form)) && !holds(form)) {
      store.remove(key);
      delete form.dataset.kept;
      return;
    }
    const before = store.get(key);
    store.set(key, {
      at: Date.now(),
      // What is saved is not known from a page that holds what was typed.
      base: before?.base || (holds(form) ? null : original(form)),
      values: now,
      began: beganWith(form),
    });
    form.dataset.kept = "yes";
  };

  const timers = new WeakMap();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.matches("form[data-keep]")) return;
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => keep(form), 250));
  });
  window.addEventListener("pagehide", () => {
    for (const form of document.querySelectorAll("form[data-keep]")) {
      if (timers.get(form)) keep(form);
    }
  });

  // A form that has been sent is cleared when the next page says that it was saved.
  const SENT = "upptakt:sent";
  const sent = () => {
    try { return JSON.parse(sessionStorage.getItem(SENT)) || []; } catch { return []; }
  };
  const setSent = (keys) => {
    try { sessionStorage.setItem(SENT, JSON.stringify(keys)); } catch { /* forbidden */ }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.matches("form[data-keep]")) {
      if (form.method === "post" && !form.matches("[hx-post]")) {
        clearTimeout(timers.get(form));
        keep(form);
        if (!form.dataset.waits) setSent([keyOf(form)]);
      }
    } else if (form.matches("form[data-carries]")) {
      // What was typed on the page before is saved from this one.
      setSent([keyOf(form)]);
    } else if (form.matches("form[data-signout]")) {
      // Signing out on purpose leaves nothing behind on a shared computer.
      store.keys(`${PREFIX}${who}:`).forEach(store.remove);
      for (const kept of document.querySelectorAll("form[data-keep]")) {
        clearTimeout(timers.get(kept));
        timers.delete(kept);
      }
    }
  });

  const offline = document.getElementById("offline");
  const showNet = () => { if (offline) offline.hidden = navigator.onLine; };
  const tellNet = () => window.announce?.(offline?.textContent.trim() || "");
  window.addEventListener("offline", () => { showNet(); tellNet(); });
  window.addEventListener("online", showNet);
  showNet();
  // Without a network a form stays on the page, with everything in it.
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || event.target.method !== "post") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.target.matches("form[data-keep]")) keep(event.target);
    showNet();
    tellNet();
  }, true);

  let just = [];
  const begin = () => {
    just = sent();
    const page = [...document.querySelectorAll("form[data-keep]")];
    if (document.querySelector("[data-saved]")) just.forEach(store.remove);
    setSent([]);
    // What was kept of visitors before nothing of them was.
    store.keys(`${PREFIX}:`, () => localStorage).forEach((key) => localStorage.removeItem(key));
    const old = Date.now() - DAYS_KEPT * 24 * 60 * 60 * 1000;
    for (const key of store.keys()) {
      if ((store.get(key)?.at || 0) < old) store.remove(key);
    }
    for (const form of page) restore(form);
  };
  const restore = (form) => {
    const draft = marked(form, store.get(keyOf(form)));
    // The answer to a press holds what was typed, and has told what others saved; sent again by a
    // reload it holds less than what is kept here.
    if (holds(form) && (!draft || just.includes(keyOf(form)))) return keep(form);
    if (!draft) return;
    if (same(draft.values, written(form))) return;
    const fresh = beganWith(form);
    if (!fits(form, draft)) {
      rest(form, true);
      notice(form, draft, fresh);
      return;
    }
    beginWith(form, draft.began);
    fill(form, draft.values);
    notice(form, draft, fresh);
  };
  begin();

  // At the door: whether something of anybody's is kept of the page that one comes back to.
  const door = document.querySelector("[data-kept-at]");
  if (door) {
    const [address] = door.dataset.keptAt.split(/[?#]/);
    door.hidden = !store.keys(PREFIX, () => localStorage)
      .some((key) => key.slice(PREFIX.length).split(":").slice(1, -1).join(":") === address);
  }

  // htmx: a saved form is cleared; an answer that is a whole page means that the session has ended.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status !== 200 || !/^\s*<!doctype html/i.test(xhr.responseText || "")) return;
    const asked = new URL(requestConfig.path, location.href).pathname;
    if (!xhr.responseURL || new URL(xhr.responseURL).pathname === asked) return;
    event.detail.shouldSwap = false;
    location.reload();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-keep]");
    if (!form || !event.detail.successful || event.detail.requestConfig.verb === "get") return;
    const answer = event.detail.xhr.responseText || "";
    if (/^\s*<!doctype html/i.test(answer) || answer.includes("data-errors")) return;
    store.remove(keyOf(form));
  });
  document.addEventListener("htmx:load", (event) => {
    const part = event.detail.elt;
    if (part === document.body) return;
    for (const form of part.querySelectorAll?.("form[data-keep]") || []) restore(form);
  });
})();
