"use strict";
// Text becomes text nodes only; nothing that a message holds is ever parsed as HTML.

// Drawn here, because a fresh machine has no emoji font. Each is a path on a 16 x 16 grid.
const ICONS = {
  mag: ["#5b6570", "M10.4 10.4 14 14M11.5 6.8a4.7 4.7 0 1 1-9.4 0 4.7 4.7 0 0 1 9.4 0Z"],
  hourglass_flowing_sand: ["#b4540a", "M4 2h8M4 14h8M5 2v2.5L8 8l3-3.5V2M5 14v-2.5L8 8l3 3.5V14"],
  warning: ["#b4540a", "M8 2 1.8 13.4h12.4L8 2ZM8 6.4v3.2M8 11.4v.2"],
  lock: ["#5b6570", "M4 7.2h8V14H4ZM5.6 7V5a2.4 2.4 0 0 1 4.8 0v2"],
  white_check_mark: ["#0f766e", "M2.5 8.5 6.3 12.2 13.5 4.4"],
  x: ["#b42318", "M3.5 3.5l9 9M12.5 3.5l-9 9"],
  up: ["#39424c", "M5.2 7.2 8 2.2c1.4 0 1.7 1.2 1.4 2.3L9 6.4h3.6c.9 0 1.4.7 1.2 1.5l-1.1 4.8c-.2.7-.7 1.1-1.4 1.1H5.2ZM2.4 7.2h2.8v6.6H2.4Z"],
  done: ["#0f766e", "M3 8.5 6.4 12 13 4.6"],
  going: ["#b4540a", "M8 2.2a5.8 5.8 0 1 0 5.8 5.8"],
  down: ["#39424c", "M5.2 8.8 8 13.8c1.4 0 1.7-1.2 1.4-2.3L9 9.6h3.6c.9 0 1.4-.7 1.2-1.5l-1.1-4.8c-.2-.7-.7-1.1-1.4-1.1H5.2ZM2.4 2.2h2.8v6.6H2.4Z"],
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const [colour, shape] = ICONS[name];
  const looks = { d: shape, fill: "none", stroke: colour, "stroke-width": "1.5", "stroke-linecap": "round", "stroke-linejoin": "round" };
  for (const [key, value] of Object.entries(looks)) path.setAttribute(key, value);
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" })) svg.setAttribute(key, value);
  svg.append(path);
  return svg;
}

const HOME = "app-home";
const view = { me: "U0ASKER", channel: "C0SUPPORT", thread: null, version: -1, state: null, modal: null, seen: new Map() };
const $ = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

async function send(path, body) {
  const response = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: view.me, ...body }),
  });
  if (!response.ok) showNotice((await response.json().catch(() => ({}))).error || "The sandbox refused this.");
}

/* ---- text ---- */

const unescapeSlack = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function person(id) {
  if (id === view.state.bot.id) return view.state.bot;
  return view.state.people.find((p) => p.id === id) || { name: id };
}

function safeLink(url, text) {
  const target = unescapeSlack(url);
  if (!/^https?:\/\//.test(target)) return document.createTextNode(text);
  return el("a", { href: target, target: "_blank", rel: "noreferrer noopener" }, text);
}

// One inline pass for mrkdwn (one star) and Markdown (two stars, links in brackets, backslashes).
function inline(text, bold) {
  const star = bold === 2 ? "\\*\\*(.+?)\\*\\*" : "\\*([^*\\n]+)\\*";
  const more = bold === 2 ? "|\\[([^\\]\\n]*)\\]\\((https?:[^)\\s]+)[^)\\n]*\\)|\\\\([^\\w\\s]|_)|(?<![*\\w])\\*([^*\\s][^*\\n]*)\\*(?![*\\w])" : "";
  const pattern = new RegExp(
    "`([^`\\n]+)`|<@([A-Z0-9]+)>|<(https?:[^|>]+)(?:\\|([^>]*))?>|:([a-z_]+):|" + star + "|\\b_([^_\\n]+)_\\b" + more, "g");
  const nodes = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(unescapeSlack(text.slice(last, match.index)));
    last = match.index + match[0].length;
    if (match[1]) nodes.push(el("code", {}, unescapeSlack(match[1])));
    else if (match[2]) nodes.push(el("span", { class: "mention" }, "@" + person(match[2]).name));
    else if (match[3]) nodes.push(safeLink(match[3], unescapeSlack(match[4] || match[3])));
    else if (match[5]) nodes.push(ICONS[match[5]] ? icon(match[5]) : match[0]);
    else if (match[6]) nodes.push(el("strong", {}, ...inline(match[6], bold)));
    else if (match[7]) nodes.push(el("em", {}, ...inline(match[7], bold)));
    else if (match[9]) nodes.push(safeLink(match[9], unescapeSlack(match[8]).replaceAll("**", "").replaceAll("`", "")));
    else if (match[10]) nodes.push(match[10]);
    else nodes.push(el("em", {}, ...inline(match[11], bold)));
  }
  nodes.push(unescapeSlack(text.slice(last)));
  return nodes;
}

function mrkdwn(text) {
  const box = el("div");
  let quote = null, code = null;
  for (const line of text.split("\n")) {
    if (line.trim() === "```") {
      if (code) code = null; else box.append(code = el("pre"));
      continue;
    }
    if (code) { code.append(unescapeSlack(line) + "\n"); continue; }
    const quoted = line.match(/^(?:>|&gt;)\s?(.*)$/);
    if (quoted) {
      if (!quote) box.append(quote = el("blockquote"));
      quote.append(el("div", {}, ...inline(quoted[1], 1)));
    } else {
      quote = null;
      box.append(line.trim() ? el("div", {}, ...inline(line, 1)) : el("br"));
    }
  }
  return box;
}

// Lists that are open at a line, the outermost first; what belongs to an item goes into its last <li>.
class Lists {
  constructor(box) { this.box = box; this.open = []; }
  end() { this.open = []; }
  place(indent) {
    while (this.open.length && this.open.at(-1).indent >= indent) this.open.pop();
    return this.open.length ? this.open.at(-1).list.lastElementChild : this.box;
  }
  item(indent, number, nodes) {
    while (this.open.length && this.open.at(-1).indent > indent) this.open.pop();
    const kind = number ? "OL" : "UL";
    let top = this.open.at(-1);
    if (!top || top.indent < indent || top.list.tagName !== kind) {
      const list = el(kind.toLowerCase(), number ? { start: number } : {});
      this.place(indent).append(list);
      this.open.push(top = { indent, list });
    }
    top.list.append(el("li", {}, ...nodes));
  }
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

function markdown(text) {
  const box = el("div"), lists = new Lists(box);
  let code = null, table = null, quote = null;
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    if (/^\s*(```|~~~)/.test(line)) {
      if (code) code = null; else lists.place(indent).append(code = el("pre"));
      continue;
    }
    if (code) { code.append(unescapeSlack(line) + "\n"); continue; }
    const item = line.match(/^\s*(?:[-*•+]|(\d{1,3})[.)])\s+(.*)$/);
    const quoted = line.match(/^\s*(?:>|&gt;)\s?(.*)$/);
    if (line.trim().startsWith("|")) {
      if (!table) lists.place(indent).append(table = el("table"));
      if (!/^[\s|:-]+$/.test(line)) {
        const tag = table.childElementCount ? "td" : "th";
        table.append(el("tr", {}, ...cells(line).map((cell) => el(tag, {}, ...inline(cell, 2)))));
      }
      continue;
    }
    table = null;
    if (quoted) {
      if (!quote) lists.place(indent).append(quote = el("blockquote"));
      quote.append(el("div", {}, ...inline(quoted[1], 2)));
      continue;
    }
    quote = null;
    if (item) lists.item(indent, item[1], inline(item[2], 2));
    else if (/^#{1,6}\s/.test(line)) {
      lists.end();
      box.append(el("p", { class: "heading" }, ...inline(line.replace(/^#{1,6}\s+/, ""), 2)));
    } else if (line.trim()) {
      lists.place(indent).append(el("p", {}, ...inline(line.trim(), 2)));
    }
  }
  return box;
}

/* ---- blocks ---- */

function textObject(object) {
  return object.type === "mrkdwn" ? mrkdwn(object.text) : el("span", {}, object.text);
}

// What an element does when used: in a message, or in App Home with whatever is ticked there.
function use(message, block, action) {
  const block_id = block.block_id || "";
  if (message.home) return send("sandbox/home", { block_id, action, values: ticked() });
  return send("sandbox/press", { channel: message.channel, ts: message.ts, block_id, action });
}

function actionButton(message, block, button) {
  const action = { type: "button", action_id: button.action_id, value: button.value || "", text: button.text };
  return el("button", {
    class: "button " + (button.style || ""), type: "button", title: button.accessibility_label,
    onclick: () => use(message, block, action),
  }, button.text.text);
}

function select(element, used) {
  const chosen = element.initial_option ? element.initial_option.value : null;
  const box = el("select", { "data-action": element.action_id, "aria-label": "Choose" }, ...element.options.map((o) =>
    el("option", { value: o.value, selected: o.value === chosen }, o.text.text)));
  if (used) box.addEventListener("change", () => used(element.options.find((o) => o.value === box.value)));
  return box;
}

function checkboxes(element, block) {
  return el("div", { class: "checks", "data-action": element.action_id, "data-block": block.block_id || "" }, ...element.options.map((o) => {
    const box = el("input", { type: "checkbox", value: o.value, "data-label": o.text.text });
    return el("label", {}, box, " ", o.text.text);
  }));
}

function ticked() {
  const values = {};
  for (const group of $("home").querySelectorAll(".checks")) {
    const options = [...group.querySelectorAll("input:checked")].map((box) => (
      { text: { type: "plain_text", text: box.dataset.label }, value: box.value }));
    values[group.dataset.block] = { [group.dataset.action]: { type: "checkboxes", selected_options: options } };
  }
  return values;
}

function element(message, block, data) {
  if (data.type === "static_select") {
    return select(data, (option) => use(message, block, { type: "static_select", action_id: data.action_id, selected_option: option }));
  }
  if (data.type === "checkboxes") return checkboxes(data, block);
  return actionButton(message, block, data);
}

function feedbackButton(message, block, element, button, sign) {
  const action = { type: "feedback_buttons", action_id: element.action_id, value: button.value, text: button.text };
  const chosen = message.chosen[block.block_id] === button.value;
  return el("button", {
    class: "button" + (chosen ? " chosen" : ""), type: "button", "aria-pressed": String(chosen),
    "aria-label": button.accessibility_label || button.text.text, onclick: () => use(message, block, action),
  }, icon(sign), " " + button.text.text);
}

function block(message, data) {
  switch (data.type) {
    case "section": return el("div", { class: "block" }, textObject(data.text));
    case "header": return el("div", { class: "block header" }, data.text.text);
    case "context": return el("div", { class: "block context" }, ...data.elements.map(textObject));
    case "markdown": return el("div", { class: "block markdown" }, markdown(data.text));
    case "divider": return el("hr");
    case "actions": return el("div", { class: "block actions" }, ...data.elements.map((e) => element(message, data, e)));
    case "context_actions": return el("div", { class: "block actions" }, ...data.elements.flatMap((e) => [
      feedbackButton(message, data, e, e.positive_button, "up"), feedbackButton(message, data, e, e.negative_button, "down")]));
    default: return el("div", { class: "block" }, `(${data.type})`);
  }
}

/* ---- messages ---- */

function avatar(id) {
  const who = person(id);
  const role = id === view.state.bot.id ? "bot" : who.role;
  return el("span", { class: `avatar ${role}`, "aria-hidden": "true" }, role === "bot" ? "[1]" : who.name[0]);
}

function taskNode(task) {
  const sources = (task.sources || []).map((source) => safeLink(source.url, source.text));
  return el("li", { class: task.status }, icon(task.status === "complete" ? "done" : "going"), " " + task.title,
    ...sources.flatMap((link) => [" · ", link]));
}

// What one can do about a message: the app's shortcut, and for one's own to change or delete it.
function menu(message) {
  const entry = (label, run) => el("button", { type: "button", onclick: run }, label);
  const place = { channel: message.channel, ts: message.ts };
  const entries = message.user === view.state.bot.id ? [] : [entry("Ask Citedesk about this", () => send("sandbox/shortcut", place))];
  if (message.user === view.me) {
    entries.push(entry("Edit", () => {
      const text = window.prompt("Edit the message", unescapeSlack(message.text.replaceAll(`<@${view.state.bot.id}>`, "@" + view.state.bot.name)));
      if (text) send("sandbox/edit", { ...place, text });
    }), entry("Delete", () => send("sandbox/delete", place)));
  }
  return el("span", { class: "menu" }, ...entries);
}

function messageNode(message, inThread) {
  const isBot = message.user === view.state.bot.id;
  const time = new Date(parseFloat(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const body = el("div", { class: "body" },
    message.ephemeral ? el("div", { class: "only-you" }, "Only visible to you") : null,
    el("span", { class: "who" }, person(message.user).name), isBot ? el("span", { class: "app" }, "APP") : null,
    el("span", { class: "when" }, time + (message.edited ? " (edited)" : "")));
  const blocks = message.blocks || [];
  if (message.tasks.length) body.append(el("ul", { class: "tasks" }, ...message.tasks.map(taskNode)));
  for (const name of message.files) body.append(el("div", { class: "file" }, name));
  if (blocks.length) body.append(...blocks.map((data) => block(message, data)));
  else if (message.text) body.append(el("div", { class: "block" }, mrkdwn(message.text)));
  body.append(menu(message));
  if (!inThread && !message.thread_ts) {
    const count = repliesTo(message.ts).length;
    const label = count ? `${count} ${count === 1 ? "reply" : "replies"}` : null;
    if (label) body.append(el("button", { class: "replies", type: "button", onclick: () => openThread(message.ts) }, label));
  }
  return el("article", { class: "message" + (message.ephemeral ? " ephemeral" : ""), "data-ts": message.ts, "data-user": message.user }, avatar(message.user), body);
}

const inChannel = (message) => message.channel === view.channel;
const repliesTo = (ts) => view.state.messages.filter((m) => inChannel(m) && m.thread_ts === ts);

function statusNode(thread) {
  const status = view.state.status.find((s) => s.channel === view.channel && s.thread_ts === thread);
  const session = view.state.sessions.find((s) => s.channel === view.channel && s.thread_ts === thread);
  const running = session && session.state === "processing";
  if (!status && !running) return null;
  return el("div", { class: "status" }, status ? `${view.state.bot.name} ${status.text}` : `${view.state.bot.name} is at work`,
    running ? el("button", { type: "button", class: "stop", onclick: () => send("sandbox/stop", { channel: view.channel, ts: thread }) }, "Stop") : null);
}

function openThread(ts) {
  view.thread = ts;
  render();
}

/* ---- rendering ---- */

function fill(box, nodes) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const before = box.childElementCount;
  box.replaceChildren(...nodes.filter(Boolean));
  if (atEnd || box.childElementCount > before) box.scrollTop = box.scrollHeight;
}

function renderSide() {
  $("people").replaceChildren(...view.state.people.map((p) => el("button", {
    type: "button", role: "radio", "aria-checked": String(p.id === view.me), "data-person": p.id, onclick: () => become(p.id),
  }, avatar(p.id), el("span", {}, `${p.name} · ${p.role}`, el("small", {}, p.about)))));
  const button = (c) => {
    const unread = view.state.messages.filter((m) => m.channel === c.id && m.user === view.state.bot.id).length - (view.seen.get(view.me + c.id) || 0);
    return el("button", {
      type: "button", "aria-current": String(c.id === view.channel), "data-channel": c.id, onclick: () => enter(c.id),
    }, c.is_im ? "● " : c.is_private ? icon("lock") : "# ", c.name, unread > 0 && c.id !== view.channel ? el("span", { class: "badge" }, String(unread)) : null);
  };
  $("channels").replaceChildren(...view.state.channels.filter((c) => !c.is_im).map(button));
  $("apps").replaceChildren(el("button", {
    type: "button", "aria-current": String(view.channel === HOME), "data-channel": HOME, onclick: openHome,
  }, "⌂ ", `${view.state.bot.name} Home`));
  $("directs").replaceChildren(...view.state.channels.filter((c) => c.is_im).map(button));
}

function renderMessages(channel) {
  const roots = view.state.messages.filter((m) => inChannel(m) && !m.thread_ts);
  const about = channel.is_im
    ? "Ask anything here. Only you and Citedesk read this."
    : channel.id === "C0SUPPORT" ? "Mention @Citedesk and ask. The answer comes in a thread." : "Drafts that need a person's decision land here.";
  $("channel-name").replaceChildren(...(channel.is_im ? [] : [channel.is_private ? icon("lock") : "# "]), channel.name);
  $("channel-about").textContent = about;
  fill($("messages"), roots.length
    ? roots.flatMap((m) => [messageNode(m, false), statusNode(m.ts)])
    : [el("div", { class: "empty" }, about, el("br"), "Nothing here yet.")]);
}

function renderHome() {
  const blocks = (view.state.home && view.state.home.blocks) || [];
  const made = JSON.stringify(blocks);
  $("channel-name").textContent = `${view.state.bot.name} Home`;
  $("channel-about").textContent = "What the app shows to " + person(view.me).name + " alone.";
  if ($("home").dataset.made === view.me + made) return;
  $("home").dataset.made = view.me + made;
  $("home").replaceChildren(...(blocks.length ? blocks.map((data) => block({ home: true, chosen: {} }, data)) : [el("div", { class: "empty" }, "Nothing here yet.")]));
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
  if (root) fill($("thread-messages"), [messageNode(root, true), ...repliesTo(root.ts).map((m) => messageNode(m, true)), statusNode(root.ts)]);
}

function renderSuggestions(channel) {
  const asks = channel.is_im || channel.id === "C0SUPPORT";
  const prompts = channel.is_im ? view.state.prompts.map((p) => ({ question: p.message, shows: "Suggested by the app" })) : [];
  const suggested = new Set(prompts.map((p) => p.question));
  const questions = [...prompts, ...view.state.suggestions.filter((s) => !suggested.has(s.question))];
  const nodes = asks ? questions.map((s) => el("button", {
    type: "button", title: s.shows, onclick: () => post(channel.is_im ? s.question : `@${view.state.bot.name} ${s.question}`, null),
  }, s.question)) : [];
  if (asks && channel.id === "C0SUPPORT" && nodes.length) nodes.unshift(el("em", {}, "Try:"));
  $("suggestions").replaceChildren(...nodes);
  $("text").placeholder = channel.is_im ? "Ask Citedesk…" : `Message #${channel.name}`;
  $("composer-hint").textContent = channel.is_im || channel.id !== "C0SUPPORT" ? "Commands: /citedesk help" : "Begin with @Citedesk to ask; /citedesk help for commands.";
}

function modalBlock(data) {
  if (data.type !== "input") return block({ channel: "", ts: "", chosen: {} }, data);
  const id = `field-${data.block_id}`;
  let field;
  if (data.element.type === "static_select") field = select(data.element);
  else if (data.element.type === "checkboxes") field = checkboxes(data.element, data);
  else {
    field = el("textarea", { "data-action": data.element.action_id, maxlength: data.element.max_length });
    field.value = data.element.initial_value || "";
  }
  field.id = id;
  field.dataset.block = data.block_id;
  field.classList.add("input");
  return el("div", { class: "field" },
    el("label", { for: id }, data.label.text, data.optional ? el("span", { class: "optional" }, " (optional)") : null), field,
    el("div", { class: "error", "data-error": data.block_id, role: "alert" }));
}

function renderModal() {
  const dialog = $("modal"), modal = view.state.view;
  if (!modal) {
    view.modal = null;
    if (dialog.open) dialog.close();
    return;
  }
  if (view.modal !== modal.id) {
    view.modal = modal.id;
    dialog.replaceChildren(
      el("div", { class: "modal-head" }, el("h2", { id: "modal-title" }, modal.title.text),
        el("button", { class: "plain", type: "button", "aria-label": "Close", onclick: () => send("sandbox/close", {}) }, "×")),
      el("div", { class: "modal-body" }, ...modal.blocks.map(modalBlock)),
      el("div", { class: "modal-foot" },
        el("button", { class: "button", type: "button", onclick: () => send("sandbox/close", {}) }, (modal.close || { text: "Cancel" }).text),
        modal.submit ? el("button", { class: "button primary", type: "button", id: "modal-submit", onclick: submitModal }, modal.submit.text) : null));
    if (!dialog.open) dialog.showModal();
  }
  for (const slot of dialog.querySelectorAll("[data-error]")) slot.textContent = view.state.view_errors[slot.dataset.error] || "";
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
$("close-thread").addEventListener("click", () => openThread(null));
$("modal").addEventListener("cancel", (event) => { event.preventDefault(); send("sandbox/close", {}); });
refresh().then(follow);
