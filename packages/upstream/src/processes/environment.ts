/** The few variables a child gets without being asked: nothing here can hold a secret. */
const INHERITED = ["HOME", "LANG", "LC_ALL", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];
const INHERITED_ON_WINDOWS = [
  "APPDATA",
  "COMSPEC",
  "HOMEDRIVE",
  "HOMEPATH",
  "LOCALAPPDATA",
  "PATH",
  "PATHEXT",
  "PROCESSOR_ARCHITECTURE",
  "PROGRAMFILES",
  "SYSTEMDRIVE",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "USERNAME",
  "USERPROFILE",
  "WINDIR",
];

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a child: the allow-list, then what its configuration says. */
export function childEnvironment(
  ours: Environment,
  configured: Readonly<Record<string, string>> = {},
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const isWindows = platform === "win32";
  // One name there is another in every way of writing it, and which of two counts is anybody's guess.
  const same = (name: string): string => (isWindows ? name.toUpperCase() : name);
  const allowed = isWindows ? INHERITED_ON_WINDOWS : INHERITED;
  const set = new Set(Object.keys(configured).map(same));
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(ours)) {
    if (!allowed.includes(same(name)) || set.has(same(name))) continue;
    // A bash function exported into the environment would be code.
    if (value !== undefined && !value.startsWith("()")) environment[name] = value;
  }
  return { ...environment, ...configured };
}
