import type { JsonObject, JsonValue } from "@trestle/protocol";
import type { Call } from "./call.ts";

/** One thing to do when a call failed; the steps are tried in order until one answers. */
export type FallbackStep =
  | ToolStep
  | {
      /** A fixed result. For reads only. */
      readonly kind: "static";
      readonly result: JsonObject;
    }
  | {
      /** The newest earlier answer to the same question. For reads only. */
      readonly kind: "last_good";
      readonly maxAgeMs: number;
    }
  | {
      /** A person decides: the call waits in the review queue. */
      readonly kind: "review";
      readonly message: string;
    }
  | {
      /** A person is told; this answers nothing, so the next step is tried, too. */
      readonly kind: "notify";
      readonly level: "log" | "alert";
      readonly message: string;
    };

/** Another tool, or the same one of a replica. */
export interface ToolStep {
  readonly kind: "tool";
  readonly server: string;
  /** Left out: the tool of the same name. */
  readonly tool?: string;
  /** Its arguments: a text that begins with `$` names one of the call's, all else is taken as it is. Left out: the same. */
  readonly arguments?: Readonly<Record<string, JsonValue>>;
}

export interface FallbackPreset {
  /** Tools it is meant for, as patterns of their names. */
  readonly tools: readonly string[];
  readonly steps: readonly FallbackStep[];
}

/** What to do when something fails that somebody should know of. */
export const FALLBACK_PRESETS: Readonly<
  Record<"service_restart" | "payment" | "critical_deployment", FallbackPreset>
> = {
  service_restart: {
    tools: ["*restart*"],
    steps: [
      {
        kind: "notify",
        level: "log",
        message: "A service was not restarted. Restart it by hand.",
      },
    ],
  },
  payment: {
    tools: ["*payment*", "*refund*", "*charge*"],
    steps: [
      {
        kind: "review",
        message: "Find out whether the payment was made before you approve this.",
      },
    ],
  },
  critical_deployment: {
    tools: ["*deploy*"],
    steps: [
      {
        kind: "notify",
        level: "alert",
        message: "A deployment failed. Look at what is running now.",
      },
    ],
  },
};

/** The arguments that a fallback tool gets. */
export function mapArguments({ params }: Call, { arguments: mapped }: ToolStep): JsonObject {
  const own = (params.arguments ?? {}) as JsonObject;
  if (mapped === undefined) return own;
  const entries = Object.entries(mapped).map(([name, value]) => [name, mappedValue(value, own)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** `$name` takes an argument over, `$$text` stands for a text that begins with a dollar. */
function mappedValue(value: JsonValue, own: JsonObject): JsonValue | undefined {
  if (typeof value !== "string" || !value.startsWith("$")) return value;
  if (value.startsWith("$$")) return value.slice(1);
  const name = value.slice(1);
  return Object.hasOwn(own, name) ? own[name] : undefined;
}
