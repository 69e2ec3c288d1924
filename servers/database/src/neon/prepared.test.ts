import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { forgetGone } from "./forget-gone.ts";
import { createPreparedMigrations, type PreparedMigration } from "./prepared.ts";

const migration: PreparedMigration = {
  id: "mig-00ff00ff00ff",
  projectId: "quiet-river-1",
  parentBranchId: "br-parent",
  databaseName: "neondb",
  roleName: "owner",
  branchName: "trestle-mig-00ff00ff00ff",
  statements: ["SELECT 1"],
  destructive: false,
  preparedAt: "2026-01-01T00:00:00.000Z",
};

function start() {
  const folder = join(temporaryFolder(), "neon-migrations");
  return { folder, open: () => createPreparedMigrations(folder) };
}

test("nothing is made on disk before something is kept", () => {
  const { folder, open } = start();
  expect(open().find("mig-00")).toBeUndefined();
  expect(open().list("quiet-river-1")).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

test("what is kept is found by whoever opens the folder next, and read by nobody else", () => {
  const { folder, open } = start();
  open().save(migration, "prepared");
  expect(open().find(migration.id)).toEqual({ stage: "prepared", migration });
  expect(open().list("quiet-river-1")).toEqual([{ stage: "prepared", migration }]);
  expect(open().list("another")).toEqual([]);
  const [name = ""] = readdirSync(folder);
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

test("of several who move it on one succeeds", () => {
  const { open } = start();
  open().save(migration, "prepared");
  const moved = [1, 2, 3].map(() => open().move(migration.id, "prepared", "applying"));
  expect(moved).toEqual([true, false, false]);
  expect(open().find(migration.id)?.stage).toBe("applying");
});

test("what is removed is gone, in every stage", () => {
  const { folder, open } = start();
  open().save(migration, "preparing");
  open().save(migration, "prepared");
  open().remove(migration.id, "preparing");
  expect(open().find(migration.id)?.stage).toBe("prepared");
  open().remove(migration.id);
  expect(readdirSync(folder)).toEqual([]);
});

test.for(["../../etc/passwd", "mig-", "mig-zz", "mig-00/../x", ""])("%j is no id", (id) => {
  const { open } = start();
  expect(open().find(id)).toBeUndefined();
});

test("what has no branch any more is forgotten after a while, unless it was being applied", () => {
  const { open } = start();
  const prepared = open();
  prepared.save(migration, "prepared");
  prepared.save({ ...migration, id: "mig-01", branchName: "trestle-mig-01" }, "applying");
  const look = (hours: number, branches: { name: string }[]) => {
    const now = Date.parse(migration.preparedAt) + hours * 3_600_000;
    forgetGone(prepared, { projectId: migration.projectId, branches, now });
    return prepared.list(migration.projectId).map(({ stage }) => stage);
  };
  expect(look(0.5, [])).toHaveLength(2);
  expect(look(2, [{ name: migration.branchName }])).toHaveLength(2);
  expect(look(2, [])).toEqual(["applying"]);
});
