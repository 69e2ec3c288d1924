import { TRESTLE_META } from "@trestle/protocol";
import { type Call, type CallArguments, type Fault, faultAt } from "./fault.ts";
import type { Ledger } from "./ledger.ts";

export interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: CallArguments;
    readonly _meta?: { readonly [key: string]: unknown };
  };
}

/** What to send back, and what goes wrong with it. */
export interface Outcome {
  readonly answer: string;
  readonly fault: Fault | undefined;
  /** How long the answer takes. */
  readonly afterMs: number;
}

export interface ToolsOptions {
  readonly name: string;
  readonly ledger: Ledger;
  readonly ignoresKeys: boolean;
  /** What goes wrong with a call that says nothing of it itself. */
  readonly chance: (tool: string) => Fault | undefined;
}

/** These leave no effect: the server says no, or is gone too early. */
const WITHOUT_EFFECT: ReadonlySet<Fault | undefined> = new Set([
  "die_before",
  "503",
  "503_wait",
  "429",
  "429_wait",
] as const);

/** The tools of a faulty server: a read that tells how many writes there were, and writes. */
export function createFaultyTools(options: ToolsOptions): (message: Message) => Outcome {
  const { name, ledger, ignoresKeys, chance } = options;
  const answers: Record<string, () => object> = {
    initialize: () => ({
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name, version: "1" },
    }),
    "tools/list": () => ({ tools }),
  };

  function call({ tool, args, idempotencyKey }: Call): { result: object; fault?: Fault } {
    const { key = "", faults } = args;
    ledger.attempted({ tool, key, at: Date.now() });
    const fault = faults ? faultAt(faults, ledger.attemptsOf(key)) : chance(tool);
    const writes = tool.startsWith("write") && !WITHOUT_EFFECT.has(fault);
    if (writes) ledger.effect(key, ignoresKeys ? undefined : idempotencyKey);
    const result = {
      content: [{ type: "text", text: key }],
      structuredContent: { key, effects: ledger.effects(), server: name, pid: process.pid },
    };
    return fault === undefined ? { result } : { result, fault };
  }

  return ({ id, method, params }) => {
    const encode = (body: object) => JSON.stringify({ jsonrpc: "2.0", id, ...body });
    const known = answers[method];
    if (method !== "tools/call") {
      const body = known
        ? { result: known() }
        : { error: { code: -32601, message: "Method not found" } };
      return { answer: encode(body), fault: undefined, afterMs: 0 };
    }
    const meta = params?._meta?.[TRESTLE_META.idempotencyKey];
    const args = params?.arguments ?? {};
    const { result, fault } = call({
      tool: params?.name ?? "",
      args,
      idempotencyKey: typeof meta === "string" ? meta : undefined,
    });
    const afterMs = fault === "slow" ? (args.slowMs ?? 0) : 0;
    return { answer: encode({ result }), fault, afterMs };
  };
}

const inputSchema = { type: "object" };
const annotations = { readOnlyHint: true };
const tools = [
  { name: "read", inputSchema, annotations },
  { name: "read_state", inputSchema, annotations },
  { name: "write", inputSchema },
  { name: "write_once", inputSchema },
];
