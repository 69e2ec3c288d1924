import type { Core } from "../core.ts";
import { BOUNDS, type CallCount, type CallCounts, createCallCounts } from "./call-counts.ts";
import { type Family, renderExposition } from "./exposition.ts";
import { bridgeFamilies } from "./prometheus-parts.ts";

const counting = new WeakMap<object, CallCounts>();

/**
 * All metrics of the bridge as Prometheus reads them. Calls are counted from the first time that somebody
 * asks: where nobody does, they cost nothing.
 */
export async function prometheusText(core: Core): Promise<string> {
  let counts = counting.get(core.observers);
  if (counts === undefined) {
    counts = createCallCounts(core.clock.now());
    counting.set(core.observers, counts);
    core.observers.add(counts);
  }
  return renderExposition([...callFamilies(counts.all()), ...(await bridgeFamilies(core))]);
}

function callFamilies(counts: readonly CallCount[]): Family[] {
  const labelsOf = ({ server, tool, outcome }: CallCount) => ({ server, tool, outcome });
  const counter = (name: string, help: string, key: Exclude<NumberKey, "seconds">): Family => ({
    ...{ name, help, type: "counter" },
    samples: counts.map((each) => ({ labels: labelsOf(each), value: each[key] })),
  });
  return [
    counter("trestle_calls_total", "Calls, by how they ended.", "calls"),
    counter("trestle_calls_cached_total", "Calls that were answered from the cache.", "cached"),
    counter("trestle_call_retries_total", "Attempts after the first.", "retries"),
    counter("trestle_call_fallbacks_total", "Calls that another answer stood in for.", "fallbacks"),
    counter("trestle_call_cost_total", "Estimated, in the unit of the configuration.", "cost"),
    {
      name: "trestle_call_duration_seconds",
      help: "How long calls took, retries and waits included.",
      type: "histogram",
      samples: counts.flatMap((each) => histogramOf(each, labelsOf(each))),
    },
  ];
}

type NumberKey = "calls" | "seconds" | "cached" | "retries" | "fallbacks" | "cost";

function histogramOf(count: CallCount, labels: Readonly<Record<string, string>>) {
  let sum = 0;
  const buckets = count.buckets.map((calls, at) => {
    sum += calls;
    const le = at < BOUNDS.length ? String(BOUNDS[at]) : "+Inf";
    return { suffix: "_bucket", labels: { ...labels, le }, value: sum };
  });
  return [
    ...buckets,
    { suffix: "_sum", labels, value: count.seconds },
    { suffix: "_count", labels, value: count.calls },
  ];
}
