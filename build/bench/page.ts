import { shortly } from "../statistics.ts";
import { budgetTable, type Saved } from "./report.ts";
import type { Chart, Result } from "./result.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --dim: #66707d; --line: #d9dee5; --ours: #0b7285; --theirs: #b4bcc8; --short: #b3261e; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --dim: #9aa5b3; --line: #343c48; --ours: #3bc9db; --theirs: #56606e; --short: #ff8a80; --paper: #14181e; } }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { margin-top: 3rem; font-size: 1.2rem; } p, figcaption { color: var(--dim); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; text-align: left; } .short { color: var(--short); font-weight: 600; }
.note { white-space: pre-wrap; font-family: ui-monospace, monospace; font-size: 13px; overflow-x: auto; }
figure { margin: 1.5rem 0; } .bars { display: grid; grid-template-columns: fit-content(45%) minmax(0, 1fr); gap: .35rem .7rem; margin: .7rem 0 0; align-items: center; font-size: .85rem; line-height: 1.25; }
.bars dt { text-align: right; } .bars dd { display: flex; align-items: center; gap: .4rem; margin: 0; padding-right: 5.5em; white-space: nowrap; }
.bars i { flex: none; min-width: 1px; height: 1rem; border-radius: 2px; background: var(--theirs); } .ours i, i.ours { background: var(--ours); }
i.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; background: var(--theirs); } i.key.ours { background: var(--ours); } .part { padding-left: 1.5rem; color: var(--dim); }`;

/** All results as one page that loads nothing else. */
export function page({ runs }: Saved): string {
  const sections = runs.map(({ machine, result }) => {
    const { commit, date, cpu, cores, memoryGb, system, node, loadBefore } = machine;
    const where = `${date.slice(0, 16).replace("T", " ")} UTC, commit ${commit}; ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; load average before ${loadBefore}.`;
    return section(result, where);
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Footfall: measured</title><style>${STYLE}</style>
<h1>Footfall: measured</h1>
<p>Everything in one section ran in one run on one machine. Repeat it with <code>npm run bench</code>.</p>
${sections.join("\n")}
</html>
`;
}

function section(result: Result, where: string): string {
  const budgets = result.budgets.length > 0 ? `<h3>Budgets</h3>${table(budgetTable(result.budgets))}` : "";
  return `<section><h2>${html(result.title)}</h2><p>${html(where)}</p>${result.charts.map(figure).join("")}${table(result.table)}${budgets}
${result.notes.map((note) => `<p class="note">${html(note)}</p>`).join("")}</section>`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const cell = (text: string) =>
    `<td${text === "short" ? ' class="short"' : ""}>${text.startsWith("  ") ? `<span class="part">${html(text)}</span>` : html(text)}</td>`;
  return `<div class="wide"><table><tr>${head.map((text) => `<th>${html(text)}</th>`).join("")}</tr>
${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}</table></div>`;
}

/** Bars from the left, each with its name and value. */
function figure({ title, unit, bars }: Chart): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value, ours }) => {
    const width = ((value / most) * 100).toFixed(1);
    return `<dt>${html(label)}</dt><dd${ours ? ' class="ours"' : ""}><i style="width: ${width}%"></i>${shortly(value)}</dd>`;
  });
  const key = bars.every(({ ours }) => ours) ? "" : `; <i class="key ours"></i> Footfall, <i class="key"></i> its peers`;
  return `<figure><figcaption>${html(title)} (${html(unit)})${key}</figcaption>
<dl class="bars">${rows.join("\n")}</dl></figure>`;
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
