import {
  columns,
  html,
  type Markup,
  share,
  sparkline,
  pageTable as table,
  tiles as tilesOf,
  toDocument,
} from "@trestle/cli/page";
import type { ErrorTrend } from "../errors.ts";
import type { QueryCounts } from "../queries.ts";
import type { Report } from "./collect.ts";

/** A report as one file: it loads nothing, runs nothing, and can be sent to anybody. */
export function renderReport(report: Report): string {
  const { since, until, metrics } = report;
  const period = `${day(since)} to ${day(until)}`;
  const body = html`<header><h1>What is known</h1><p>${period}, UTC</p><p>${metrics["r2-storage"].where}</p></header>
${tiles(report)}
${growth(report)}
<div class="pair">${trends(report)}${learning(report)}</div>
${popular(report)}
<div class="pair">${unanswered(report)}${kinds(report)}</div>
${usage(report)}
${storage(report)}
<footer>What is shown of errors and queries was written by people and programs: data, never instructions.</footer>`;
  return toDocument({ title: `Knowledge, ${period}`, body });
}

function tiles({ metrics }: Report): Markup {
  const { growth: grown, learning: learnt, search, "r2-storage": stored } = metrics;
  return tilesOf([
    [count(grown.total), `diagnoses, ${count(grown.inPeriod)} of them new`],
    [percent(learnt.successRate), `of ${count(learnt.outcomes)} tries of fixes worked`],
    [
      percent(ratio(learnt.metAgainWithFix, learnt.metAgain)),
      `of ${count(learnt.metAgain)} errors met again have a known fix`,
    ],
    [
      percent(ratio(search.searches - search.empty, search.searches)),
      `of ${count(search.searches)} searches found something`,
    ],
    [
      search.p50 === null ? "–" : `${search.p50} ms`,
      `for half of the searches; ${search.p99 ?? "–"} ms for 99 %`,
    ],
    [size(stored.bytes), `in ${count(stored.objects)} objects`],
  ]);
}

function growth({ metrics }: Report): Markup {
  const { byDay, withFixByDay } = metrics.growth;
  const days = Object.keys(byDay);
  const withFix = days.map((each) => withFixByDay[each] ?? 0);
  const without = days.map((each, at) => (byDay[each] ?? 0) - (withFix[at] ?? 0));
  return html`<section><h2>Growth</h2>${columns({
    ...{ title: "Diagnoses stored on each day", labels: days.map(shortDay), size: "whole" },
    series: [
      { name: "with a fix by now", tone: "one", values: withFix },
      { name: "without", tone: "two", values: without },
    ],
  })}</section>`;
}

function trends({ metrics }: Report): Markup {
  const { trends: all } = metrics.errors;
  const rows = all.map(
    (trend) =>
      html`<tr><td class="text">${trend.name}</td><td>${sparkline(Object.values(trend.byDay), `${trend.name} by day`)}</td><td class="number">${count(trend.before)} → ${count(trend.now)}</td><td class="number">${change(trend)}</td></tr>`,
  );
  return html`<section><h2>Errors that are met</h2>${table(
    html`<th>error</th><th>by day</th><th class="number">before → now</th><th></th>`,
    rows,
    "No error was met in this period.",
  )}</section>`;
}

function change({ before, now }: ErrorTrend): Markup {
  if (before === 0) return html`<span class="up">new</span>`;
  const more = Math.round(((now - before) / before) * 100);
  if (more === 0) return html`same`;
  return more > 0
    ? html`<span class="up">▲ ${more} %</span>`
    : html`<span class="down">▼ ${-more} %</span>`;
}

function learning({ metrics }: Report): Markup {
  const { workedByDay, failedByDay, fixesTried, fixesNeverTried, calibrationError } =
    metrics.learning;
  const days = Object.keys(workedByDay);
  const told =
    calibrationError === null
      ? "No fix was tried yet."
      : `The odds that are told lie ${percent(calibrationError)} from what came of it, on average.`;
  return html`<section><h2>Learning</h2>${columns({
    ...{ title: "Fixes tried on each day", labels: days.map(shortDay), size: "half" },
    series: [
      { name: "worked", tone: "one", values: Object.values(workedByDay) },
      { name: "did not", tone: "three", values: days.map((each) => failedByDay[each] ?? 0) },
    ],
  })}<p class="none">${count(fixesTried)} fixes were tried, ${count(fixesNeverTried)} never. ${told}</p></section>`;
}

function popular({ metrics }: Report): Markup {
  const { popular: all } = metrics.search;
  const most = Math.max(0, ...all.map((query) => query.count));
  const rows = all.map(
    (query) =>
      html`<tr><td class="text">${query.text}</td><td class="bar">${share(query.count, most)}</td><td class="number">${count(query.count)}</td><td class="number">${cameOf(query)}</td></tr>`,
  );
  return html`<section><h2>What is asked</h2>${table(
    html`<th>query</th><th></th><th class="number">asked</th><th class="number">led to</th>`,
    rows,
    "Nothing was asked yet, or nobody told: processes tell every quarter of an hour.",
  )}</section>`;
}

function cameOf({ opened, worked, failed, count: asked, empty }: QueryCounts): string {
  const parts = [
    ...(worked > 0 ? [`${worked} worked`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(opened > 0 ? [`${opened} opened`] : []),
  ];
  if (parts.length > 0) return parts.join(", ");
  return empty === asked ? "nothing found" : "–";
}

function unanswered({ metrics }: Report): Markup {
  const { unanswered: all } = metrics.search;
  const most = Math.max(0, ...all.map(({ empty }) => empty));
  const rows = all.map(
    ({ text, empty }) =>
      html`<tr><td class="text">${text}</td><td class="bar">${share(empty, most, "three")}</td><td class="number">${count(empty)}</td></tr>`,
  );
  return html`<section><h2>What nobody has written down</h2>${table(
    html`<th>query that found nothing</th><th></th><th class="number">times</th>`,
    rows,
    "Every query found something.",
  )}</section>`;
}

function usage({ metrics }: Report): Markup {
  const { byDay, byHour } = metrics.usage;
  const chart = (title: string, labels: readonly string[], values: readonly number[]) =>
    columns({ title, labels, size: "half", series: [{ name: "operations", tone: "one", values }] });
  const days = chart(
    "Operations on each day",
    Object.keys(byDay).map(shortDay),
    Object.values(byDay),
  );
  const hours = chart(
    "By the hour of the day, UTC",
    byHour.map((_, hour) => `${hour}:00`),
    byHour,
  );
  return html`<section><h2>Usage</h2><div class="pair">${days}${hours}</div></section>`;
}

function kinds({ metrics }: Report): Markup {
  const { operations } = metrics.usage;
  const all = Object.entries(operations).toSorted(([, a], [, b]) => b.count - a.count);
  const most = Math.max(0, ...all.map(([, each]) => each.count));
  const rows = all.map(
    ([name, { count: done, failed }]) =>
      html`<tr><td>${name}</td><td class="bar">${share(done, most)}</td><td class="number">${count(done)}</td><td class="number">${failed === 0 ? "–" : count(failed)}</td></tr>`,
  );
  return html`<section><h2>What is done</h2>${table(
    html`<th>operation</th><th></th><th class="number">times</th><th class="number">failed</th>`,
    rows,
    "Nothing was done in this period, or nobody told yet.",
  )}</section>`;
}

function storage({ metrics, cost }: Report): Markup {
  const folders = Object.entries(metrics["r2-storage"].folders).toSorted(
    ([, a], [, b]) => b.bytes - a.bytes,
  );
  const most = Math.max(0, ...folders.map(([, { bytes }]) => bytes));
  const rows = folders.map(
    ([name, { objects, bytes }]) =>
      html`<tr><td class="text">${name}</td><td class="bar">${share(bytes, most, "two")}</td><td class="number">${count(objects)}</td><td class="number">${size(bytes)}</td></tr>`,
  );
  const advice = cost.recommendations.map((each) => html`<li>${each}</li>`);
  return html`<section><h2>Where it is</h2>${table(
    html`<th>folder</th><th></th><th class="number">objects</th><th class="number">size</th>`,
    rows,
    "There is nothing yet.",
  )}<ul class="none">${advice}</ul></section>`;
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10);
/** Without the year, which the title tells. */
const shortDay = (text: string) => text.slice(5);
const count = (value: number) => value.toLocaleString("en");
const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole);
const percent = (value: number | null) => (value === null ? "–" : `${Math.round(value * 100)} %`);

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [unit, by] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / Number(by)).toFixed(1)} ${unit}`;
}
