import { startBridgeProcess } from "../bridge-process.ts";
import type { Handed, ScenarioContext } from "./desk.ts";
import { PUBLIC_URL, signIn } from "./sign-in.ts";
import { useEverything } from "./use-everything.ts";

/** Where the suite expects the metadata of a client that has some. */
const METADATA_URL = "https://conformance-test.local/client-metadata.json";
/** One sign-in begins at the command line; the others ask REST, which starts no process. */
const BY_COMMAND = "auth/metadata-default";

/** Starts a bridge that has the suite's server behind it, and uses all that it then offers. */
export async function play({ url, scenario, version, context }: Handed): Promise<string> {
  const log: string[] = [];
  const bridge = await startBridgeProcess(() => configOf(url, scenario, context));
  try {
    const scene = { bridge, say: (line: string) => void log.push(line) };
    if (scenario.startsWith("auth/")) await signIn(scene, { byCommand: scenario === BY_COMMAND });
    const { toolCalls } = context;
    const isModern = version !== "2025-11-25";
    await useEverything(scene, { isModern, ...(toolCalls && { toolCalls }) });
  } finally {
    await bridge.close();
  }
  return `${log.join("\n")}\n`;
}

/** A bridge with the suite's server alone, set up as its operator would. */
function configOf(url: string, scenario: string, context: ScenarioContext): object {
  const { client_id: clientId, client_secret: clientSecret } = context;
  const isByItself = scenario.startsWith("auth/client-credentials");
  const oauth = {
    ...(clientId === undefined ? { clientMetadataUrl: METADATA_URL } : { clientId }),
    ...(clientSecret !== undefined && { clientSecret }),
    ...(isByItself && { grant: "client_credentials" }),
  };
  return {
    mcpServers: { conformance: { url, ...(scenario.startsWith("auth/") && { oauth }) } },
    catalog: { prefix: "never" },
    http: { publicUrl: PUBLIC_URL },
  };
}
