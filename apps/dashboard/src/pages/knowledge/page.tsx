import { useSearchState } from "../../lib/navigate.ts";
import { PageHead } from "../../ui/card.tsx";
import { OwnServer } from "../../ui/own-server.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Diagnoses } from "./diagnoses.tsx";
import { Figures } from "./figures.tsx";
import { useKnowledgeNews } from "./use-knowledge-news.ts";
import "./knowledge.css";

/** What is known of errors and what mended them; how that is asked, and what it costs. */
export function Page() {
  return (
    <>
      <PageHead
        title="Knowledge"
        lead="Errors that were met, what mended them, and how sure that is."
      />
      <OwnServer name="knowledge">{(server) => <Knowledge server={server} />}</OwnServer>
    </>
  );
}

function Knowledge({ server }: { readonly server: string }) {
  const [search, setSearch] = useSearchState();
  useKnowledgeNews(server);
  return (
    <Tabs
      label="About the knowledge"
      value={search.tab ?? "diagnoses"}
      onChange={(tab) => setSearch({ tab: tab === "diagnoses" ? "" : tab })}
      tabs={[
        { id: "diagnoses", label: "Diagnoses", content: <Diagnoses server={server} /> },
        { id: "figures", label: "Figures", content: <Figures server={server} /> },
      ]}
    />
  );
}
