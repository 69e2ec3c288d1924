import type { JsonObject, Principal } from "@trestle/protocol";
import type { Core } from "../core.ts";
import { type Forecast, forecastOf } from "../learning/forecast/forecast.ts";
import { byTool, toOutcomes } from "../learning/outcomes.ts";
import { visiblePrincipal } from "./sight.ts";

/** What somebody sees of the forecasts, made a moment ago. */
interface Made {
  readonly at: number;
  readonly forecasts: Promise<ReadonlyMap<string, Forecast>>;
}

/** Whoever watches asks every few seconds, and to learn from thousands of outcomes takes a while. */
const FRESH_MS = 10_000;
const made = new WeakMap<Core["learned"], Map<string, Made>>();

/** How likely the next call of each tool fails, by `SERVER.TOOL`, as far as this caller may know of its calls. */
export function forecasts(caller: Principal, core: Core): Promise<ReadonlyMap<string, Forecast>> {
  const { principal } = visiblePrincipal(caller, undefined);
  const byPrincipal = made.get(core.learned) ?? new Map<string, Made>();
  made.set(core.learned, byPrincipal);
  const now = core.clock.now();
  for (const [name, { at }] of byPrincipal) if (now - at > FRESH_MS) byPrincipal.delete(name);
  const known = byPrincipal.get(principal ?? "");
  if (known !== undefined) return known.forecasts;
  const making = makeForecasts(principal, core);
  byPrincipal.set(principal ?? "", { at: now, forecasts: making });
  // The next who asks tries again.
  making.catch(() => byPrincipal.delete(principal ?? ""));
  return making;
}

async function makeForecasts(
  principal: string | undefined,
  { learned, clock }: Core,
): Promise<Map<string, Forecast>> {
  const outcomes = await learned.outcomes();
  const visible =
    principal === undefined ? outcomes : outcomes.filter((each) => each.principal === principal);
  const found = new Map<string, Forecast>();
  for (const [tool, own] of byTool(visible)) {
    found.set(tool, forecastOf(toOutcomes(own), clock.now()));
    // Others have their turn between tools.
    await new Promise(setImmediate);
  }
  return found;
}

export function presentForecast(forecast: Forecast): JsonObject {
  const { shown, outcomes } = forecast;
  if (!shown) return { outcomes, hidden: forecast.reason };
  const { probability, baseRate, skill, because } = forecast;
  return {
    failure_probability: rounded(probability),
    ...{ base_rate: rounded(baseRate), skill: rounded(skill), outcomes, because },
  };
}

/** Those that are shown, the likeliest to fail first. */
export function presentShown(all: ReadonlyMap<string, Forecast>): JsonObject[] {
  const shown = [...all].flatMap(([name, forecast]) =>
    forecast.shown ? [{ name, ...presentForecast(forecast) } as JsonObject] : [],
  );
  return shown.sort((a, b) => Number(b.failure_probability) - Number(a.failure_probability));
}

/** More digits would say more than is known. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
