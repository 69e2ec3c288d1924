import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type ColourRole, colourOf } from "./colours.ts";
import "./chart.css";

export interface Series {
  readonly label: string;
  readonly colour: ColourRole;
  /** One for each time; null where there is nothing to show. */
  readonly values: readonly (number | null)[];
  /** Filled down to the ground. */
  readonly area?: boolean;
}

export interface ChartProps {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** Epoch seconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly height?: number;
  /** How a value is written, at the axis and where the pointer is. */
  readonly format: (value: number) => string;
}

/** Lines over time, drawn on a canvas: new values cost no layout. */
export function Chart({ label, times, series, height = 180, format }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  // Other series are another picture; other values are not.
  const look = JSON.stringify(series.map(({ values: _, ...each }) => each));
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const parts = JSON.parse(look) as readonly Omit<Series, "values">[];
    const draw = (): void => {
      plot.current?.destroy();
      const size = { width: element.clientWidth, height };
      plot.current = new uPlot(optionsOf(parts, size, format), latest.current, element);
    };
    draw();
    const follow = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height }),
    );
    follow.observe(element);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    window.addEventListener("trestle:theme", draw);
    return () => {
      follow.disconnect();
      dark.removeEventListener("change", draw);
      window.removeEventListener("trestle:theme", draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [look, height, format]);
  useEffect(() => plot.current?.setData(data));
  const last = series.map((each) => `${each.label} ${format(each.values.at(-1) ?? 0)}`).join(", ");
  return (
    <figure className="chart">
      <div ref={place} role="img" aria-label={`${label}: ${last}`} style={{ height }} />
      {series.length > 1 && (
        <figcaption className="chart-legend">
          {series.map((each) => (
            <span key={each.label}>
              <i style={{ background: `var(--${each.colour})` }} />
              {each.label}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function optionsOf(
  series: readonly Omit<Series, "values">[],
  size: Size,
  format: (value: number) => string,
): uPlot.Options {
  const ink = colourOf("ink-3");
  const axis = {
    stroke: ink,
    font: "11px Inter Variable, system-ui, sans-serif",
    ticks: { show: false },
  };
  return {
    ...size,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, _least, most) => [0, Math.max(most * 1.15, 1)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 90, values: clockWords },
      {
        ...axis,
        grid: { stroke: colourOf("data-grid"), width: 1 },
        size: 52,
        space: 36,
        values: (_, values) => values.map(format),
      },
    ],
    series: [{}, ...series.map(lineOf)],
    hooks: { setCursor: [(plot) => showTip(plot, series, format)] },
  };
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const minutes = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
/** From here on seconds say nothing. */
const LONG_SPAN_S = 1_800;

const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
/** From here on a time of the day says nothing. */
const DAYS_SPAN_S = 259_200;

function clockWords(_plot: uPlot, times: number[]): string[] {
  const words = wordsFor((times.at(-1) ?? 0) - (times[0] ?? 0));
  return times.map((time) => words.format(time * 1_000));
}

function wordsFor(seconds: number): Intl.DateTimeFormat {
  if (seconds > DAYS_SPAN_S) return days;
  return seconds > LONG_SPAN_S ? minutes : clock;
}

function lineOf({ label, colour, area }: Omit<Series, "values">): uPlot.Series {
  const stroke = colourOf(colour);
  return {
    label,
    stroke,
    width: 1.75,
    // One value alone has no line.
    points: { show: isAlone, size: 6, fill: stroke, width: 0 },
    spanGaps: true,
    ...(area ? { fill: colourOf(colour, 0.14) } : {}),
  };
}

function isAlone(plot: uPlot, series: number): boolean {
  return Array.from(plot.data[series] ?? []).filter((value) => value != null).length === 1;
}

/** What stands at the pointer, in words above the picture. */
function showTip(
  plot: uPlot,
  series: readonly Omit<Series, "values">[],
  format: (value: number) => string,
): void {
  const { idx } = plot.cursor;
  let tip = plot.over.querySelector<HTMLElement>(".chart-tip");
  if (tip === null) {
    tip = document.createElement("div");
    tip.className = "chart-tip";
    plot.over.append(tip);
  }
  const time = idx == null ? undefined : plot.data[0][idx];
  tip.hidden = time === undefined;
  if (idx == null || time === undefined) return;
  const values = series.map((each, index) => {
    const value = plot.data[index + 1]?.[idx];
    return `${each.label} ${value == null ? "–" : format(value)}`;
  });
  const times = plot.data[0];
  const isDays = (times.at(-1) ?? 0) - (times[0] ?? 0) > DAYS_SPAN_S;
  tip.textContent = [(isDays ? days : clock).format(time * 1_000), ...values].join("  ·  ");
  const left = plot.valToPos(time, "x");
  tip.style.left = `${left}px`;
  tip.style.translate = left > plot.over.clientWidth / 2 ? "-100% 0" : "0 0";
}
