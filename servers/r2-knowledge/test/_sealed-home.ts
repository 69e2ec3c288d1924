import { temporaryFolder } from "@trestle/testkit/surroundings";
import { mountServer } from "./_call.ts";

/** A sealed knowledge with so many diagnoses in it and one backup, whose server has ended. */
export async function sealedHome(count: number, settings: Record<string, string> = {}) {
  const dataDir = temporaryFolder("sealed");
  const { call, instance } = mountServer({ KNOWLEDGE_SEAL: "true", ...settings }, { dataDir });
  const diagnoses = Array.from({ length: count }, (_, n) => ({
    error: { message: `pump ${n} failed` },
    fix: `replace valve ${n}`,
  }));
  await call("store_diagnoses", { diagnoses });
  await call("create_backup", {});
  await instance.close();
  return dataDir;
}
