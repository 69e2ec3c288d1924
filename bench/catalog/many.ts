// An upstream with many tools: answers by hand, without an SDK. Its first argument is how many.
import process from "node:process";

const verbs = ["list", "get", "create", "update", "delete", "search", "export", "archive"];
const nouns = ["issue", "invoice", "customer", "deployment", "branch", "secret", "page", "comment"];
const fields = ["id", "name", "status", "owner", "since", "limit", "labels", "body"];

function toolOf(index: number): object {
  const verb = verbs[index % verbs.length] ?? "";
  const noun = nouns[Math.floor(index / verbs.length) % nouns.length] ?? "";
  const round = Math.floor(index / (verbs.length * nouns.length));
  const name = `${verb}_${noun}${round === 0 ? "" : `_${round}`}`;
  const properties = fields
    .slice(0, 2 + (index % 6))
    .map((field) => [
      field,
      { type: "string", description: `The ${field} of the ${noun} that is meant.` },
    ]);
  return {
    name,
    title: `${verb} ${noun}`,
    description: `Use this to ${verb} one ${noun} or several of them. Gives back every ${noun} that was found, with its status, its owner and when it was last changed.`,
    inputSchema: {
      type: "object",
      properties: Object.fromEntries(properties),
      required: [fields[0]],
      additionalProperties: false,
    },
    annotations: {
      readOnlyHint: ["list", "get", "search", "export"].includes(verb),
      destructiveHint: verb === "delete",
      idempotentHint: verb !== "create",
      openWorldHint: true,
    },
  };
}

const tools = Array.from({ length: Number(process.argv[2]) }, (_, index) => toolOf(index));

function answer(line: string): string {
  const { id, method } = JSON.parse(line) as { readonly id?: number; readonly method: string };
  if (id === undefined) return "";
  const serverInfo = { name: "many", version: "1.0.0" };
  const results: Record<string, object> = {
    initialize: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo },
    "tools/list": { tools },
    "tools/call": { content: [{ type: "text", text: "done" }] },
  };
  const result = results[method];
  const error = { code: -32601, message: "Method not found" };
  return `${JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) })}\n`;
}

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  process.stdout.write(lines.map(answer).join(""));
});
