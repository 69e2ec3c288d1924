import { homedir } from "node:os";
import { type PlatformPath, posix, win32 } from "node:path";

/** What the places of a host's files depend on. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the project. */
  readonly cwd: string;
}

export function thisMachine(env: Machine["env"], cwd: string): Machine {
  return { platform: process.platform, env, cwd };
}

export function pathsOf({ platform }: Machine): PlatformPath {
  return platform === "win32" ? win32 : posix;
}

/** The person's own folder. */
export function homeOf({ platform, env }: Machine): string {
  return (platform === "win32" ? env.USERPROFILE : env.HOME) || homedir();
}

/** The folder in which programs with windows keep what they know of a person. */
export function applicationData(machine: Machine): string {
  const { platform, env } = machine;
  const { join } = pathsOf(machine);
  const home = homeOf(machine);
  if (platform === "win32") return env.APPDATA || join(home, "AppData", "Roaming");
  if (platform === "darwin") return join(home, "Library", "Application Support");
  return env.XDG_CONFIG_HOME || join(home, ".config");
}

/** Where Windows keeps what stays on this machine. */
export function localApplicationData(machine: Machine): string {
  return machine.env.LOCALAPPDATA || pathsOf(machine).join(homeOf(machine), "AppData", "Local");
}
