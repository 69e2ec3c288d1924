import { Client, StreamableHTTPClientTransport, type Tool } from "@modelcontextprotocol/client";
import { messageOf } from "@trestle/protocol";
import { argumentsFor } from "./arguments.ts";
import { addressIn, type Scene, visit } from "./sign-in.ts";

interface Use {
  readonly isModern: boolean;
  /** What the scenario wants called; left out, every tool. */
  readonly toolCalls?: readonly { name: string; arguments: Record<string, unknown> }[];
}

/** Somebody is asked for more rights a few times, and then gives up. */
const MAX_SIGN_INS = 4;

/** Lists all that a bridge offers and uses each of it once, as a client that can answer what servers ask. */
export async function useEverything(scene: Scene, use: Use): Promise<void> {
  const client = new Client(
    { name: "conformance", version: "1.0.0" },
    {
      capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
      versionNegotiation: { mode: use.isModern ? "auto" : "legacy" },
    },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: {} }));
  client.setRequestHandler("sampling/createMessage", () => ({
    ...{ role: "assistant", model: "none" },
    content: { type: "text", text: "Yes." },
  }));
  client.setRequestHandler("roots/list", () => ({ roots: [] }));
  await client.connect(new StreamableHTTPClientTransport(new URL(scene.bridge.url)));
  try {
    const offered = (await client.listTools()).tools.filter(({ name }) => !isOwn(name));
    await Promise.all(callsOf(offered, use).map((call) => callSigningIn(client, scene, call)));
    await useRest(client);
  } finally {
    await client.close();
  }
}

type Call = { name: string; arguments: Record<string, unknown> };

function callsOf(offered: readonly Tool[], { toolCalls }: Use): Call[] {
  const calls = toolCalls ?? offered.map((tool) => argumentsFor(tool, offered));
  // A tool that the bridge took out of the list, nobody calls.
  return calls.filter(({ name }) => offered.some((tool) => tool.name === name));
}

async function callSigningIn(client: Client, scene: Scene, call: Call): Promise<void> {
  for (let round = 0; round < MAX_SIGN_INS; round += 1) {
    const said = await client.callTool(call).then(JSON.stringify, messageOf);
    const address = addressIn(said);
    scene.say(`${call.name}: ${said}`);
    if (address === undefined) return;
    await visit(scene, address);
  }
}

async function useRest(client: Client): Promise<void> {
  const { resources } = await client.listResources();
  const own = resources.filter(({ uri }) => !uri.startsWith("trestle:"));
  for (const { uri } of own) await client.readResource({ uri });
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) await client.getPrompt({ name });
}

function isOwn(name: string): boolean {
  return name.startsWith("bridge__");
}
