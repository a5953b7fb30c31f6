"use strict";
// Makes nodes of icons and of texts in Slack's mrkdwn and in Markdown.
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
  bust_in_silhouette: ["#5b6570", "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8ZM2.8 14c.4-2.6 2.4-4 5.2-4s4.8 1.4 5.2 4"],
  repeat: ["#5b6570", "M3 7V5.6c0-.9.7-1.6 1.6-1.6H12M10 2l2.2 2L10 6M13 9v1.4c0 .9-.7 1.6-1.6 1.6H4M6 10l-2.2 2L6 14"],
  leftwards_arrow_with_hook: ["#5b6570", "M6.2 3 2.6 6.4l3.6 3.4M2.8 6.4h6.6a3.6 3.6 0 0 1 0 7.2H7.6"],
  speech_balloon: ["#5b6570", "M2.4 3h11.2v7.6H7.4L4.4 13.4v-2.8h-2Z"],
  eyes: ["#5b6570", "M1.6 8S4 3.8 8 3.8 14.4 8 14.4 8 12 12.2 8 12.2 1.6 8 1.6 8ZM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6Z"],
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

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") node.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const unescapeSlack = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

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
    "`([^`\\n]+)`|<@([A-Z0-9]+)>|<(https?:[^|>]+)(?:\\|([^>]*))?>|:([a-z_]+):|" + star + "|\\b_([^_\\n]+)_\\b" + more + "|<#(?<channel>[A-Z0-9]+)>", "g");
  const nodes = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(unescapeSlack(text.slice(last, match.index)));
    last = match.index + match[0].length;
    if (match.groups.channel) nodes.push("#" + channelName(match.groups.channel));
    else if (match[1]) nodes.push(el("code", {}, unescapeSlack(match[1])));
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

