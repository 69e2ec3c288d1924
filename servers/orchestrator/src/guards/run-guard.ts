import { messageOf } from "@trestle/protocol";
import type { GuardProcess } from "./pre-commit.ts";

const USAGE = `trestle-orchestrator guard COMMAND [--fail-closed]

  install       put the guard before every commit of the repository here
  uninstall     take it away, and put back what was there before
  pre-commit    what git runs: refuses a commit of files that another agent holds
  hook          what an assistant runs before it changes a file, with the event on stdin
  hook --print-settings
                what to put into the settings of Claude Code

Reservations are those of the orchestrator of TRESTLE_HOME, or of the one at TRESTLE_ORCHESTRATOR_URL (its key in
TRESTLE_KEY). TRESTLE_SWARM and TRESTLE_AGENT, or git config trestle.swarm and trestle.agent, say in which swarm and as
which agent you work; without them it is the newest swarm, and nobody in it. Where the orchestrator cannot be asked,
everything goes through with a notice; with --fail-closed nothing does.
`;

/** The commands of guards. Nothing of the server is loaded: git and assistants wait for them. */
export async function runGuard(
  words: readonly string[],
  process: GuardProcess & { readonly argv: readonly string[]; readonly execPath: string },
): Promise<number> {
  const failClosed = words.includes("--fail-closed");
  const [command] = words;
  try {
    if (command === "pre-commit") {
      const { guardCommit } = await import("./pre-commit.ts");
      return await guardCommit(process, failClosed);
    }
    if (command === "hook" && !words.includes("--print-settings")) {
      const { guardTool } = await import("./hook.ts");
      await guardTool(process, failClosed);
      return 0;
    }
    if (command === "install" || command === "uninstall" || command === "hook") {
      return await setUp(command, failClosed, process);
    }
    process.stderr.write(USAGE);
    return 2;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return failClosed || command === "install" || command === "uninstall" ? 1 : 0;
  }
}

async function setUp(
  command: "install" | "uninstall" | "hook",
  failClosed: boolean,
  process: Parameters<typeof runGuard>[1],
): Promise<number> {
  const { hookSettings, installGuard, uninstallGuard } = await import("./install.ts");
  const program = { node: process.execPath, script: process.argv[1] ?? "" };
  if (command === "hook") process.stdout.write(hookSettings(program, failClosed));
  else if (command === "install") {
    process.stdout.write(`Installed ${installGuard(process.cwd(), program, failClosed)}\n`);
  } else {
    process.stdout.write(uninstallGuard(process.cwd()) ? "Removed.\n" : "There was none.\n");
  }
  return 0;
}
