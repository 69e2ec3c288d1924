import { type JsonObject, TrestleError } from "@trestle/protocol";
import { type AskBridge, askOperation, withBridge } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, type Paper, paperOf, table } from "./format.ts";
import { withExamples, withJson } from "./options.ts";

interface AuthOptions {
  readonly json?: boolean;
}

interface LoginOptions {
  readonly json?: boolean;
  readonly url?: string;
}

/** So long a person may take in the browser. */
const WAIT_MS = 600_000;
const LOOK_MS = 1_000;

export function addAuth(cli: Cli): void {
  const auth = cli.program
    .command("auth")
    .description("sign in at servers that want OAuth, and out again");
  withJson(withExamples(auth, ["trestle auth", "trestle auth login linear"])).action(
    runs(cli, list),
  );
  // What is asked of the group is asked of what stands below it, too.
  const json = (): AuthOptions => auth.opts<AuthOptions>();
  const login = auth
    .command("login <server>")
    .description("tell where to sign in, and wait until it is done")
    .option(
      "--url <address>",
      "the address that the browser ended at, where it found nobody there",
    );
  withJson(login);
  withExamples(login, [
    "trestle auth login linear",
    "trestle auth login linear --url 'http://127.0.0.1:4100/oauth/callback?code=…'",
  ]).action(
    runs(cli, (place, server: string, options: LoginOptions) =>
      signIn(place, server, { ...options, ...json() }),
    ),
  );
  withJson(auth.command("logout <server>").description("forget the tokens for a server")).action(
    runs(cli, (place, server: string, options: AuthOptions) =>
      signOut(place, server, { ...options, ...json() }),
    ),
  );
}

async function list(place: Place, { json }: AuthOptions): Promise<number> {
  const { terminal, config } = place;
  const answer = await askOperation("sign_ins", {}, place);
  const facts = { paper: paperOf(terminal, config.env), now: terminal.clock.now() };
  terminal.print(json ? JSON.stringify(answer, null, 2) : describe(answer, facts));
  return EXIT.ok;
}

/** With JSON: a line for the address, and one for the end. */
async function signIn(place: Place, server: string, options: LoginOptions): Promise<number> {
  const { terminal } = place;
  const { url, json } = options;
  const done = json ? JSON.stringify({ server, signed_in: true }) : `Signed in at ${server}.`;
  if (url !== undefined) {
    await askOperation("sign_in_finish", { url }, place);
    terminal.print(done);
    return EXIT.ok;
  }
  await withBridge(place, async (ask) => {
    const { url: address } = await ask("sign_in", { server });
    if (typeof address !== "string") return;
    terminal.print(
      json ? JSON.stringify({ server, url: address, signed_in: false }) : say(address, server),
    );
    await untilSignedIn(ask, server, place);
  });
  terminal.print(done);
  return EXIT.ok;
}

function say(address: string, server: string): string {
  return [
    `Open this address in a browser:\n\n  ${address}\n`,
    `This waits until you have. If the browser finds nobody at the end, hand in the address it shows: trestle auth login ${server} --url ADDRESS`,
  ].join("\n");
}

async function untilSignedIn(ask: AskBridge, server: string, { terminal }: Place): Promise<void> {
  const { clock } = terminal;
  for (const end = clock.now() + WAIT_MS; clock.now() < end; ) {
    const { servers } = await ask("sign_ins", {});
    const own = objectsOf(servers).find((each) => each.server === server);
    if (own?.signed_in === true && own.pending !== true) return;
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
  throw new TrestleError("timeout", "Nobody signed in within ten minutes. Begin anew.");
}

async function signOut(place: Place, server: string, { json }: AuthOptions): Promise<number> {
  const answer = await askOperation("sign_out", { server }, place);
  place.terminal.print(json ? JSON.stringify(answer, null, 2) : `Signed out of ${server}.`);
  return EXIT.ok;
}

function describe(
  answer: JsonObject,
  { paper, now }: { readonly paper: Paper; readonly now: number },
): string {
  const servers = objectsOf(answer.servers);
  if (servers.length === 0) return "No server is reached by a url at which anybody could sign in.";
  const columns = [{ title: "SERVER" }, { title: "SIGNED IN" }, { title: "TOKEN ENDS" }];
  const rows = servers.map(({ server, signed_in, expires_at }) => [
    ...[text(server), signed_in === true ? "yes" : "no"],
    expires_at === undefined ? "" : ago(expires_at, now),
  ]);
  return table(columns, rows, paper);
}
