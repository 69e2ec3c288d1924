import { messageOf } from "@trestle/protocol";
import type { BridgeProcess } from "../bridge-process.ts";

/** A bridge in use, and where to tell what happens. */
export interface Scene {
  readonly bridge: BridgeProcess;
  say(line: string): void;
}

/** Browsers come back here, where nobody is: what they bring is handed in at the bridge itself. */
export const PUBLIC_URL = "https://bridge.conformance.test";

/** As a person does it: the bridge tells an address, a browser goes there and comes back. */
export async function signIn(scene: Scene, how: { readonly byCommand: boolean }): Promise<void> {
  try {
    await (how.byCommand ? signInByCommand(scene) : signInByRest(scene));
  } catch (error) {
    // Some servers are to be refused: what the suite saw of it is what counts.
    scene.say(messageOf(error));
  }
}

async function signInByCommand(scene: Scene): Promise<void> {
  for await (const line of scene.bridge.trestle("auth", "login", "conformance", "--json")) {
    scene.say(line);
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined && !(await visit(scene, url))) return;
  }
}

async function signInByRest(scene: Scene): Promise<void> {
  const path = new URL("/api/mcp/sign-ins/conformance", scene.bridge.url);
  const answer = await fetch(path, { method: "POST" });
  const body = (await answer.json()) as { data?: { url?: string } };
  scene.say(`${answer.status} ${JSON.stringify(body)}`);
  if (body.data?.url !== undefined) await visit(scene, body.data.url);
}

/** What a browser does with an address, and the page at the end of it; true where that is good. */
export async function visit({ bridge, say }: Scene, address: string): Promise<boolean> {
  const sent = await fetch(address, { redirect: "manual" });
  const back = sent.headers.get("location");
  if (!back?.startsWith(PUBLIC_URL)) return false;
  const landed = await fetch(new URL(back.slice(PUBLIC_URL.length), bridge.url));
  say(`${landed.status} ${/<h1>.*/.exec(await landed.text())?.[0]}`);
  return landed.ok;
}

/** Where a failed call says that somebody has to sign in. */
export function addressIn(said: string): string | undefined {
  return /then call again: (https?:\/\/[^\s"\\]+)/.exec(said)?.[1];
}
