"use strict";
// The page: draws the state that it polls, and sends what a person does. text.js, blocks.js and keeping.js come before it.

const HOME = "app-home";
const view = { me: "U0ASKER", channel: "C0SUPPORT", thread: null, version: -1, state: null, modal: null, seen: new Map(), opener: null, heard: null };
const $ = (id) => document.getElementById(id);

async function send(path, body) {
  const response = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: view.me, ...body }),
  });
  if (!response.ok) showNotice((await response.json().catch(() => ({}))).error || "The sandbox refused this.");
}

function person(id) {
  if (id === view.state.bot.id) return view.state.bot;
  return view.state.people.find((p) => p.id === id) || { name: id };
}

function channelName(id) {
  return (view.state.channels.find((c) => c.id === id) || { name: id }).name;
}

/* ---- rendering ---- */

// Draw messages, and stay at the end for who reads there.
function fill(box, place, parts) {
  const atEnd = box.dataset.place !== place || box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  box.dataset.place = place;
  keep(box, parts);
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function empty(...words) {
  return part("empty", words, () => el("div", { class: "empty" }, ...words.map((line) => el("div", {}, line))));
}

function renderPeople() {
  keep($("people"), view.state.people.map((p) => part(p.id, [p, p.id === view.me], () => el("button", {
    type: "button", role: "radio", "aria-checked": String(p.id === view.me), "data-person": p.id, onclick: () => become(p.id),
  }, avatar(p.id), el("span", {}, `${p.name} · ${p.role}`, el("small", {}, p.about))))));
  settle($("people"));
  $("who-am-i").textContent = `as ${person(view.me).name}`;
}

const unread = (c) => (c.id === view.channel ? 0
  : view.state.messages.filter((m) => m.channel === c.id && m.user === view.state.bot.id).length - (view.seen.get(view.me + c.id) || 0));

function placePart(id, signs, name, count, go) {
  return part(id, [name, id === view.channel, count], () => el("button", {
    type: "button", "aria-current": String(id === view.channel), "data-channel": id, onclick: go,
  }, ...signs(), el("span", {}, name), count > 0 ? el("span", { class: "badge" }, String(count), el("span", { class: "unseen" }, " new")) : null));
}

function sign(text) { return el("span", { class: "sign", "aria-hidden": "true" }, text); }

function renderSide() {
  renderPeople();
  const channel = (c) => placePart(c.id, () => [c.is_im ? sign("●") : c.is_private ? el("span", { class: "sign" }, icon("lock")) : sign("#")],
    c.name, unread(c), () => enter(c.id));
  keep($("channels"), view.state.channels.filter((c) => !c.is_im).map(channel));
  keep($("directs"), view.state.channels.filter((c) => c.is_im).map(channel));
  keep($("apps"), [placePart(HOME, () => [sign("⌂")], `${view.state.bot.name} Home`, 0, openHome)]);
  settle($("places"));
  const news = view.state.channels.reduce((sum, c) => sum + Math.max(0, unread(c)), 0);
  $("menu-button").textContent = news ? `Menu · ${news} new` : "Menu";
  renderAnswerers();
}

function renderAnswerers() {
  const all = view.state.answerers, box = $("answerer");
  $("answerer-box").hidden = !all.length;
  if (box.childElementCount !== all.length) box.replaceChildren(...all.map((a) => el("option", { value: a.id }, a.label)));
  if (document.activeElement !== box) box.value = view.state.answerer;
  if (box.dataset.serving === "false" && view.state.is_serving) announce(`Answers by ${box.selectedOptions[0].label}`);
  box.dataset.serving = String(view.state.is_serving);
  const slow = view.state.answerer === "slow";
  const hint = !view.state.is_serving ? "Starting…" : slow ? "Repeats what the documents say, with time to press Stop." : "";
  if ($("answerer-hint").textContent !== hint) $("answerer-hint").textContent = hint;
}

function renderMessages(channel) {
  const roots = view.state.messages.filter((m) => inChannel(m) && !m.thread_ts);
  const about = channel.is_im
    ? "Ask anything here. Only you and Citedesk read this."
    : channel.id === "C0SUPPORT" ? "Mention @Citedesk and ask. The answer comes in a thread." : "Drafts that need a person's decision land here.";
  $("channel-name").replaceChildren(...(channel.is_im ? [] : [channel.is_private ? icon("lock") : "# "]), channel.name);
  $("channel-about").textContent = about;
  fill($("messages"), view.me + channel.id, roots.length
    ? roots.flatMap((m) => [part(m.ts, [m, repliesTo(m.ts).length], () => messageNode(m, false)), ...statusParts(m.ts)])
    : [empty(about, "Nothing here yet.")]);
}

function renderHome() {
  const blocks = (view.state.home && view.state.home.blocks) || [];
  $("channel-name").textContent = `${view.state.bot.name} Home`;
  $("channel-about").textContent = "What the app shows to " + person(view.me).name + " alone.";
  keep($("home"), blocks.length
    ? blocks.map((data, n) => part(n, [view.me, data], () => block({ home: true, chosen: {} }, data)))
    : [empty("Nothing here yet.")]);
}

function openHome() {
  view.channel = HOME;
  view.thread = null;
  send("sandbox/tab", { tab: "home" });
  render();
}

function renderThread() {
  const root = view.state.messages.find((m) => inChannel(m) && m.ts === view.thread);
  $("thread").hidden = !root;
  document.body.classList.toggle("thread-open", Boolean(root));
  if (!root) return;
  const parts = [root, ...repliesTo(root.ts)].map((m) => part(m.ts, m, () => messageNode(m, true)));
  fill($("thread-messages"), root.ts, [...parts, ...statusParts(root.ts)]);
}

function suggestionsFor(channel) {
  const role = person(view.me).role;
  const all = view.state.suggestions.filter((s) => !s.role || s.role === role);
  const shows = new Map(all.map((s) => [s.question, s.shows]));
  const prompts = channel.is_im ? view.state.prompts.map((p) => (
    { question: p.message, shows: shows.get(p.message) || "Suggested by the app", by: "app" })) : [];
  const suggested = new Set(prompts.map((p) => p.question));
  return [...prompts, ...all.filter((s) => !suggested.has(s.question))];
}

function trySuggestion(channel, question) {
  if (narrow.matches) $("try").open = false;
  post(channel.is_im || question.startsWith("/") ? question : `@${view.state.bot.name} ${question}`, null);
}

function renderSuggestions(channel) {
  const asks = channel.is_im || channel.id === "C0SUPPORT";
  const questions = asks ? suggestionsFor(channel) : [];
  $("try").hidden = !questions.length;
  keep($("suggestions"), questions.map((s) => part(s.question, [s, channel.id], () => el("button", {
    type: "button", "data-by": s.by, onclick: () => trySuggestion(channel, s.question),
  }, el("span", {}, s.question), " ", el("small", {}, s.shows)))));
  $("text").placeholder = channel.is_im ? "Ask Citedesk…" : `Message #${channel.name}`;
  $("composer-hint").textContent = channel.is_im || channel.id !== "C0SUPPORT" ? "Commands: /citedesk help" : "Begin with @Citedesk to ask; /citedesk help for commands.";
}

// Read out what the bot has said here since the last time, each message once and when it is complete.
function readOut() {
  const done = view.state.messages.filter((m) => m.user === view.state.bot.id && !m.streaming);
  const where = view.me + view.channel;
  const known = view.heard && view.heard.where === where ? view.heard.ts : null;
  const fresh = known ? done.filter((m) => inChannel(m) && !known.has(m.ts)) : [];
  view.heard = { where, ts: new Set(done.map((m) => m.ts)) };
  if (!fresh.length) return;
  const last = fresh.at(-1);
  const lines = last.text.split("\n").map((line) => el("p", {}, ...inline(line, 1)).textContent.replace(/^>\s*/, ""));
  announce(`${view.state.bot.name}: ${lines.filter(Boolean).join(" ")}`);
}

function modalField(data, id) {
  if (data.element.type === "static_select") return select(data.element);
  if (data.element.type === "checkboxes") {
    const boxes = checkboxes(data.element, data);
    boxes.setAttribute("role", "group");
    boxes.setAttribute("aria-labelledby", `${id}-label`);
    return boxes;
  }
  const field = el("textarea", { "data-action": data.element.action_id, maxlength: data.element.max_length });
  field.value = data.element.initial_value || "";
  return field;
}

function modalBlock(data) {
  if (data.type !== "input") return block({ channel: "", ts: "", chosen: {} }, data);
  const id = `field-${data.block_id}`, field = modalField(data, id);
  field.id = id;
  field.dataset.block = data.block_id;
  field.classList.add("input");
  field.setAttribute("aria-describedby", `${id}-error`);
  const grouped = field.classList.contains("checks");
  const hint = data.hint ? el("div", { class: "field-hint", id: `${id}-hint` }, data.hint.text) : null;
  if (hint) field.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  return el("div", { class: "field" },
    el(grouped ? "div" : "label", { class: "label", id: `${id}-label`, for: grouped ? null : id },
      data.label.text, data.optional ? el("span", { class: "optional" }, " (optional)") : null), field, hint,
    el("div", { class: "error", id: `${id}-error`, "data-error": data.block_id, role: "alert" }));
}

function renderModal() {
  const dialog = $("modal"), modal = view.state.view;
  if (!modal) {
    view.modal = null;
    if (dialog.open) closeModal(dialog);
    return;
  }
  if (view.modal !== modal.id) {
    view.modal = modal.id;
    dialog.replaceChildren(
      el("div", { class: "modal-head" }, el("h2", { id: "modal-title" }, modal.title.text)),
      el("div", { class: "modal-body" }, ...modal.blocks.map(modalBlock)),
      el("div", { class: "modal-foot" },
        el("button", { class: "button", type: "button", onclick: () => send("sandbox/close", {}) }, (modal.close || { text: "Cancel" }).text),
        modal.submit ? el("button", { class: "button primary", type: "button", id: "modal-submit", onclick: submitModal }, modal.submit.text) : null));
    if (!dialog.open) openModal(dialog);
  }
  for (const slot of dialog.querySelectorAll("[data-error]")) {
    const words = view.state.view_errors[slot.dataset.error] || "";
    if (slot.textContent !== words) slot.textContent = words;
    slot.closest(".field").querySelector(".input").setAttribute("aria-invalid", String(Boolean(words)));
    if (words) slot.scrollIntoView({ block: "nearest" });
  }
}

// The browser keeps focus inside an open dialog. It returns focus itself, but not to what was drawn anew meanwhile.
function openModal(dialog) {
  view.beforeModal = currentPlace();
  dialog.showModal();
  const first = dialog.querySelector(".input:not(.checks), .input input") || dialog.querySelector("button");
  first.focus();
  if (first.setSelectionRange && first.tagName === "TEXTAREA") { first.setSelectionRange(0, 0); first.scrollTop = 0; }
}

function closeModal(dialog) {
  dialog.close();
  returnTo(view.beforeModal);
}

function submitModal() {
  const values = {};
  for (const field of $("modal").querySelectorAll(".input")) {
    const given = field.classList.contains("checks") ? [...field.querySelectorAll("input:checked")].map((box) => box.value) : field.value;
    (values[field.dataset.block] ||= {})[field.dataset.action] = given;
  }
  send("sandbox/submit", { view_id: view.modal, values });
}

function render() {
  const isHome = view.channel === HOME;
  $("home").hidden = !isHome;
  $("messages").hidden = $("composer-area").hidden = isHome;
  if (isHome) {
    renderSide();
    renderHome();
    $("thread").hidden = true;
    document.body.classList.remove("thread-open");
    readOut();
    renderModal();
    return;
  }
  const channel = view.state.channels.find((c) => c.id === view.channel) || view.state.channels[0];
  view.channel = channel.id;
  view.seen.set(view.me + channel.id, view.state.messages.filter((m) => inChannel(m) && m.user === view.state.bot.id).length);
  renderSide();
  renderMessages(channel);
  renderThread();
  renderSuggestions(channel);
  readOut();
  renderModal();
}

let noticeTimer = 0;
function showNotice(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { $("notice").hidden = true; }, 6000);
}

/* ---- doing ---- */

async function become(id) {
  view.me = id;
  view.thread = null;
  view.version = -1;
  await refresh();
  const own = view.state.channels.map((c) => c.id);
  if (view.channel === HOME) openHome();
  else if (!own.includes(view.channel)) enter(own[0]);
}

function enter(id) {
  view.channel = id;
  view.thread = null;
  const channel = view.state.channels.find((c) => c.id === id);
  if (channel && channel.is_im) send("sandbox/tab", { tab: "messages" });
  render();
}

function attached() {
  const pressed = $("attach").getAttribute("aria-pressed") === "true";
  $("attach").setAttribute("aria-pressed", "false");
  return pressed ? "screenshot.png" : null;
}

async function post(text, thread, file = null) {
  const words = text.trim();
  if (!words) return;
  const before = new Set(view.state.messages.map((m) => m.ts));
  await send("sandbox/post", { channel: view.channel, text: words, thread_ts: thread, file });
  await refresh();
  const mine = view.state.messages.find((m) => !before.has(m.ts) && m.user === view.me && !m.thread_ts && inChannel(m));
  if (mine && !words.startsWith("/")) openThread(mine.ts);
}

async function refresh(since = "") {
  const me = view.me;
  const response = await fetch(`sandbox/state?as=${me}&since=${since}`);
  const state = await response.json();
  if (me !== view.me || state.version < view.version) return;
  view.state = state;
  view.version = state.version;
  if (state.notice) showNotice(state.notice);
  render();
}

async function follow() {
  for (;;) {
    try { await refresh(String(view.version)); }
    catch { await new Promise((resolve) => setTimeout(resolve, 1000)); }
  }
}

function wire(form, area, thread) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = area.value;
    area.value = "";
    post(text, thread(), thread() ? null : attached());
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
}

wire($("composer"), $("text"), () => null);
wire($("thread-composer"), $("thread-text"), () => view.thread);
$("attach").addEventListener("click", () => $("attach").setAttribute("aria-pressed", String($("attach").getAttribute("aria-pressed") !== "true")));
$("close-thread").addEventListener("click", closeThread);
$("thread").addEventListener("keydown", (event) => { if (event.key === "Escape") closeThread(); });
$("answerer").addEventListener("change", () => send("sandbox/answerer", { answerer: $("answerer").value }));
rove($("people"));
rove($("places"));
wireMenu();
$("modal").addEventListener("cancel", (event) => { event.preventDefault(); send("sandbox/close", {}); });
refresh().then(() => {
  // A narrow page has room for messages or for the questions.
  if (narrow.matches && view.state.messages.some(inChannel)) $("try").open = false;
  follow();
});
