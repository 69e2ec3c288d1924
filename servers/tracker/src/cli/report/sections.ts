import { html, type Markup, pageTable, share } from "@trestle/cli/page";
import { dollars, minute, shortProject } from "../show.ts";
import type { PageFacts } from "./collect.ts";

export function models({ report }: PageFacts): Markup {
  const { rows, unpriced } = report.usage;
  const most = Math.max(0, ...rows.map((row) => row.outputTokens));
  const lines = rows.map(
    (row) =>
      html`<tr><td class="text">${row.key}</td><td class="bar">${share(row.outputTokens, most)}</td><td class="number">${count(row.outputTokens)}</td><td class="number">${dollars(row.dollars)}</td></tr>`,
  );
  const told =
    unpriced.length === 0
      ? undefined
      : html`<p class="none">No price is known of ${unpriced.join(", ")}.</p>`;
  return html`<section><h2>Models</h2>${pageTable(
    html`<th scope="col">model</th><th scope="col"></th><th scope="col" class="number">tokens written</th><th scope="col" class="number">cost</th>`,
    lines,
    "No model answered in this time.",
  )}${told}</section>`;
}

/** Where what is unfinished belongs, and what named it. */
export function shares({ report }: PageFacts): readonly Markup[] {
  const { byProject, bySource } = report.tasks;
  return [
    counts({ title: "Unfinished by project", head: "project", all: byProject, name: shortProject }),
    counts({
      ...{ title: "Unfinished, named by", head: "source", all: bySource },
      name: (source) => source.replaceAll("-", " "),
    }),
  ];
}

const MOST_SHARES = 10;

function counts({
  title,
  head,
  all,
  name,
}: {
  readonly title: string;
  readonly head: string;
  readonly all: Readonly<Record<string, number>>;
  name(key: string): string;
}): Markup {
  const sorted = Object.entries(all).toSorted(([, a], [, b]) => b - a);
  const [, most = 0] = sorted[0] ?? [];
  const rows = sorted
    .slice(0, MOST_SHARES)
    .map(
      ([key, value]) =>
        html`<tr><td class="text">${name(key)}</td><td class="bar">${share(value, most, "two")}</td><td class="number">${count(value)}</td></tr>`,
    );
  return html`<section><h2>${title}</h2>${pageTable(
    html`<th scope="col">${head}</th><th scope="col"></th><th scope="col" class="number">tasks</th>`,
    rows,
    "Nothing is unfinished.",
  )}</section>`;
}

export function fixes({ fixes: all }: PageFacts): Markup | undefined {
  if (all.length === 0) return undefined;
  const tone = { validated: "down", regressed: "up", unverified: "" } as const;
  const rows = all.map(
    ({ verdict, message, reason, fixed }) =>
      html`<tr><td><span class="${tone[verdict]}">${verdict}</span></td><td class="text">${message}<br><small>${reason}</small></td><td class="number">${minute(fixed)}</td></tr>`,
  );
  return html`<section><h2>What became of fixes</h2>${pageTable(
    html`<th scope="col">verdict</th><th scope="col">error</th><th scope="col" class="number">mended</th>`,
    rows,
    "",
  )}</section>`;
}

export function health({ report }: PageFacts): Markup {
  const { targets, reading, store, notes } = report.health;
  const rows = targets.map(
    (target) =>
      html`<tr><td class="text">${target.name}</td><td>${target.kind}</td><td><span class="${toneOf(target.status)}">${target.status}</span></td><td class="number">${minute(target.since)}</td><td class="text">${target.detail ?? ""}</td></tr>`,
  );
  const told = [
    ...reading.problems.map(({ message }) => message),
    ...reading.skipped.map(
      ({ source, reason, count: lines }) =>
        `${count(lines)} lines of ${source} could not be understood: ${reason}.`,
    ),
    `${count(store.records)} records of ${count(store.sessions)} sessions are kept in ${store.kind}, ${(store.bytes / 1e6).toFixed(1)} MB.`,
    ...notes,
  ];
  return html`<section><h2>Health</h2>${pageTable(
    html`<th scope="col">target</th><th scope="col">kind</th><th scope="col">state</th><th scope="col" class="number">since</th><th scope="col">detail</th>`,
    rows,
    "No targets are watched.",
  )}<ul class="none">${told.map((each) => html`<li>${each}</li>`)}</ul></section>`;
}

function toneOf(status: string): string {
  if (status === "up") return "down";
  return status === "down" || status === "degraded" ? "up" : "";
}

const count = (value: number) => value.toLocaleString("en");
