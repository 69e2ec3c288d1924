import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { EXIT, TrestleError } from "@trestle/protocol";
import type { ObjectsCli, Place } from "./place.ts";

/** Beside `src`, and beside `dist` of the published package. */
const WORKER = fileURLToPath(new URL("../../worker/", import.meta.url));
const PUBLISHED_WORKER = fileURLToPath(new URL("../worker/", import.meta.url));
const WRANGLER = "wrangler@4";

/** The command that puts the worker on Cloudflare's network. */
export function addDeploy({ program, runs }: ObjectsCli): void {
  program
    .command("deploy")
    .description(
      "deploy the worker to Cloudflare, with wrangler and the account it is signed in to",
    )
    .option("--name <name>", "of the worker", "trestle-objects")
    .option("--dry-run", "build it and check the configuration, and deploy nothing")
    .action(runs(deploy));
}

interface DeployFlags {
  readonly name: string;
  readonly dryRun?: boolean;
}

async function deploy(place: Place, { name, dryRun = false }: DeployFlags): Promise<number> {
  const { config, terminal } = place;
  const folder = workerFolder();
  if (config.tokenSecret === undefined && config.tokenPublicKey === undefined && !dryRun) {
    throw new TrestleError(
      "invalid_config",
      "The worker lets nobody in without a key for tokens. Make one with `openssl rand -base64 48`, set it as OBJECTS_TOKEN_SECRET here, and deploy again.",
    );
  }
  const words = ["deploy", ...scriptIn(folder), "--name", name, ...(dryRun ? ["--dry-run"] : [])];
  terminal.warn(`Running npx ${WRANGLER} ${words.join(" ")} in ${folder}`);
  const code = await runWrangler(place, { folder, words });
  if (code !== 0) {
    terminal.warn(
      "Wrangler did not deploy. Sign in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (it needs Workers Scripts: Edit) and CLOUDFLARE_ACCOUNT_ID; `trestle-objects doctor` says what is missing.",
    );
    return EXIT.failed;
  }
  if (dryRun) return EXIT.ok;
  return await putKeys(place, { folder, name });
}

interface Deployed {
  readonly folder: string;
  readonly name: string;
}

/** As secrets of the worker: on stdin, so that no list of processes shows them. */
async function putKeys(place: Place, { folder, name }: Deployed): Promise<number> {
  const { tokenSecret, tokenPublicKey } = place.config;
  const keys = {
    ...(tokenPublicKey === undefined ? { OBJECTS_TOKEN_SECRET: tokenSecret } : {}),
    OBJECTS_TOKEN_PUBLIC_KEY: tokenPublicKey,
  };
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined) continue;
    const words = ["secret", "put", key, "--name", name];
    if ((await runWrangler(place, { folder, words, input: value })) !== 0) {
      place.terminal.warn(
        `The worker is deployed, and lets nobody in yet: run npx wrangler ${words.join(" ")} and paste the key.`,
      );
      return EXIT.failed;
    }
  }
  place.terminal.print(
    "Deployed. Set OBJECTS_URL to the address above, then `trestle-objects doctor` tries it.",
  );
  return EXIT.ok;
}

interface Run {
  readonly folder: string;
  readonly words: readonly string[];
  readonly input?: string;
}

function runWrangler(place: Place, { folder, words, input }: Run): Promise<number> {
  const { cloudflareApiToken: token, cloudflareAccountId: account } = place.config;
  const child = spawn("npx", ["--yes", WRANGLER, ...words], {
    cwd: folder,
    env: {
      // Nothing is told to anybody unless the user says so.
      WRANGLER_SEND_METRICS: "false",
      ...place.process.env,
      ...(token === undefined ? {} : { CLOUDFLARE_API_TOKEN: token }),
      ...(account === undefined ? {} : { CLOUDFLARE_ACCOUNT_ID: account }),
    },
    stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
    signal: place.signal,
    shell: process.platform === "win32",
  });
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", (cause) =>
      reject(
        new TrestleError(
          "unavailable",
          "npx cannot be started. Install Node with npm, and try again.",
          {
            cause,
          },
        ),
      ),
    );
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** The published package carries the worker as one file, in the place of the sources that the configuration names. */
function scriptIn(folder: string): readonly string[] {
  return existsSync(join(folder, "src")) ? [] : ["dist/index.js"];
}

function workerFolder(): string {
  const found = [WORKER, PUBLISHED_WORKER].find((each) => existsSync(join(each, "wrangler.jsonc")));
  if (found !== undefined) return found;
  throw new TrestleError(
    "not_found",
    `The worker is not beside this program, in ${PUBLISHED_WORKER}.`,
  );
}
