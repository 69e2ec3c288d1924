import { type ReactNode, useState } from "react";
import { messageOf } from "../../api/failure.ts";
import type { Import } from "../../api/generated.ts";
import { useAsk, useDo } from "../../api/queries.ts";
import { Loaded, SkeletonLines } from "../../ui/states.tsx";
import type { ChosenServer } from "./app-choice.ts";
import { AppServers } from "./app-servers.tsx";
import { ImportDone } from "./import-done.tsx";
import { ImportPreview } from "./import-preview.tsx";

/** What is asked for at once. */
export interface Wanted {
  readonly servers: readonly ChosenServer[];
  readonly connect: boolean;
}

type Step =
  | { readonly at: "choose" }
  | { readonly at: "look"; readonly plan: Import }
  | { readonly at: "done"; readonly done: Import };

export interface FromAppProps {
  readonly close: () => void;
  /** What to do where the app is on another machine. */
  readonly elsewhere: ReactNode;
}

/** Takes over servers of the apps on the bridge's machine: choose, see what changes, read what became of it. */
export function FromApp({ close, elsewhere }: FromAppProps) {
  const found = useAsk("GET import", {});
  const setting = useAsk("GET config", { query: { key: "http.admin" } });
  const importing = useDo("POST import", ["GET import", "GET servers", "GET discover"]);
  const [step, setStep] = useState<Step>({ at: "choose" });
  const [wanted, setWanted] = useState<Wanted>({ servers: [], connect: false });
  const problem = importing.error ? messageOf(importing.error) : undefined;

  async function ask(dry_run: boolean): Promise<void> {
    const { servers, connect: connect_hosts } = wanted;
    const body = { servers: [...servers], connect_hosts, dry_run };
    try {
      const answer = await importing.mutateAsync({ body });
      setStep(dry_run ? { at: "look", plan: answer } : { at: "done", done: answer });
    } catch {
      // Told where it was asked.
    }
  }

  // Both at once: whether programs are taken decides what is drawn.
  const known = setting.isPending ? { ...found, data: undefined } : found;
  if (step.at === "done") return <ImportDone done={step.done} close={close} />;
  if (step.at === "look") {
    return (
      <ImportPreview
        plan={step.plan}
        busy={importing.isPending}
        problem={problem}
        back={() => {
          importing.reset();
          setStep({ at: "choose" });
        }}
        take={() => void ask(false)}
      />
    );
  }
  return (
    <>
      <Loaded query={known} skeleton={<SkeletonLines lines={5} />}>
        {({ hosts }) => (
          <AppServers
            hosts={hosts}
            takesPrograms={setting.data?.keys[0]?.value === true}
            wanted={wanted}
            choose={setWanted}
            busy={importing.isPending}
            problem={problem}
            look={() => void ask(true)}
          />
        )}
      </Loaded>
      {elsewhere}
    </>
  );
}
