"use strict";
// Keeps a person's place while the page is drawn anew: focus, the tab stop of a list, the open menu, and what is read out.

/* ---- drawing ---- */

// What a box shows: a key of its own, the data that it is made of, and how. The same data is not drawn twice.
const part = (key, data, make) => ({ key: String(key), made: JSON.stringify(data), make });

// Put parts into a box. Nodes whose data has not changed stay, so that focus and selection stay, too.
function keep(box, parts) {
  const place = placeOf(document.activeElement, box);
  const before = new Map([...box.children].map((node) => [node.dataset.key, node]));
  const nodes = parts.map(({ key, made, make }) => {
    const old = before.get(key);
    return old && old.made === made ? old : Object.assign(make(), { made });
  });
  nodes.forEach((node, n) => { node.dataset.key = parts[n].key; });
  for (const node of [...box.children]) if (!nodes.includes(node)) node.remove();
  nodes.forEach((node, n) => { if (box.children[n] !== node) box.insertBefore(node, box.children[n] || null); });
  if (place && !box.contains(document.activeElement)) returnTo(place);
}

const isShown = (node) => Boolean(node) && node.getClientRects().length > 0 && getComputedStyle(node).visibility === "visible";
const FOCUSABLE = "button, a[href], select, input, textarea, summary, [tabindex]";
const labelOf = (node) => node.getAttribute("aria-label") || node.textContent;

// Where a node is: in which part of a box, and which of the part's elements. null if it is not in the box.
function placeOf(node, box) {
  if (!node || node === box || !box.contains(node)) return null;
  const holder = node.closest("[data-key]");
  if (!holder || !box.contains(holder)) return null;
  const all = [...holder.querySelectorAll(FOCUSABLE)];
  return { node, box, key: holder.dataset.key, label: labelOf(node), at: all.indexOf(node) };
}

// Focus the same element, or the one that has taken its place.
function returnTo(place) {
  if (place.node.isConnected && isShown(place.node)) return place.node.focus({ preventScroll: true });
  const holder = [...place.box.children].find((node) => node.dataset.key === place.key);
  const inside = holder ? [...holder.querySelectorAll(FOCUSABLE)] : [];
  const found = inside.find((node) => labelOf(node) === place.label) || inside[place.at]
    || (holder && holder.matches(FOCUSABLE) ? holder : inside[0]) || place.box;
  if (!found.matches(FOCUSABLE)) found.tabIndex = -1;
  found.focus({ preventScroll: true });
}

// The place of what has focus, in whichever box that parts are drawn into.
function currentPlace() {
  const node = document.activeElement, holder = node && node.closest("[data-key]");
  return holder ? placeOf(node, holder.parentElement) : { node, box: document.body, key: "", label: "", at: -1 };
}

/* ---- lists with one tab stop ---- */

function settle(list) {
  const buttons = [...list.querySelectorAll("button")];
  const stop = buttons.find((b) => b === document.activeElement)
    || buttons.find((b) => b.getAttribute("aria-checked") === "true" || b.getAttribute("aria-current") === "true") || buttons[0];
  for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
}

// Arrow keys, Home and End move within a list; Enter and Space choose, as on every button.
function rove(list) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")], at = buttons.indexOf(document.activeElement);
    const to = event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1
      : event.key in steps ? (at + steps[event.key] + buttons.length) % buttons.length : -1;
    if (at < 0 || to < 0) return;
    event.preventDefault();
    buttons[to].focus();
  });
  list.addEventListener("focusin", () => settle(list));
  list.addEventListener("focusout", () => setTimeout(() => settle(list)));
}

/* ---- the menu of a narrow page ---- */

const narrow = window.matchMedia("(max-width: 900px)");
const isMenuOpen = () => document.body.classList.contains("menu-open");

function showMenu(open) {
  const button = document.getElementById("menu-button"), side = document.getElementById("side");
  const hadFocus = side.contains(document.activeElement) || document.activeElement === document.body;
  if (open === isMenuOpen()) return;
  document.body.classList.toggle("menu-open", open);
  button.setAttribute("aria-expanded", String(open));
  for (const pane of document.querySelectorAll(".pane")) pane.inert = open;
  if (open) (side.querySelector("button[aria-current='true']") || side.querySelector("button")).focus();
  else if (hadFocus) button.focus();
}

function wireMenu() {
  const side = document.getElementById("side");
  document.getElementById("menu-button").addEventListener("click", () => showMenu(!isMenuOpen()));
  document.getElementById("scrim").addEventListener("click", () => showMenu(false));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") showMenu(false); });
  side.addEventListener("click", (event) => { if (event.target.closest("button")) showMenu(false); });
  narrow.addEventListener("change", () => showMenu(false));
}

/* ---- what is read out ---- */

const READ_CHARS = 240;

// Say one thing to who listens to the page. Clearing first makes the same words twice be said twice.
function announce(words) {
  const region = document.getElementById("announcer");
  region.textContent = "";
  setTimeout(() => { region.textContent = words.length > READ_CHARS ? words.slice(0, READ_CHARS) + "…" : words; }, 50);
}
