// Reads the API with openapi-fetch and the types that openapi-typescript made. Run by `run.py`.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: process.argv[2] });

function check(fact: boolean, what: string): void {
  if (!fact) throw new Error(what);
}

const page = await client.GET("/api/v1/mitigations/", { params: { query: { page_size: 5 } } });
check(page.data !== undefined && page.data.count > 5 && page.data.results.length === 5, "a page");

const filtered = await client.GET("/api/v1/mitigations/", {
  params: {
    query: { phase: ["deploy"], category: ["2.3"], ordering: "-share_agreeing", facets: ["phase", "actor"] },
  },
});
const found = filtered.data;
check(found !== undefined && found.count > 0 && found.count < (page.data?.count ?? 0), "fewer when filtered");
check(found?.facets?.map((facet) => facet.parameter).join() === "phase,actor", "facets");

const sparse = await client.GET("/api/v1/mitigations/", { params: { query: { fields: ["name"] } } });
const record = sparse.data?.results[0];
const accession: string = record?.accession ?? "";
check(accession.startsWith("M") && record?.description === undefined, "a sparse record");

const whole = await client.GET("/api/v1/mitigations/{accession}/", {
  params: { path: { accession: "M0061" }, query: { include: ["evidence", "document"] } },
});
check(whole.data?.evidence?.[0]?.estimates[0]?.statistic === "share_agreeing", "evidence");
check(typeof whole.data?.document?.authors?.[0]?.family === "string", "the whole document");

const results = await client.GET("/api/v1/studies/{slug}/results/", { params: { path: { slug: "schuett-2023" } } });
check((results.data?.[0]?.answers.length ?? 0) > 0, "results");

const refused = await client.GET("/api/v1/mitigations/", { params: { query: { category: ["98.7"] } } });
const parameter: string | undefined = refused.error?.errors?.[0]?.parameter;
const suggestion: string | null | undefined = refused.error?.errors?.[0]?.suggestion;
check(refused.response.status === 400 && parameter === "category" && suggestion !== undefined, "an error");
const missing = await client.GET("/api/v1/mitigations/{accession}/", { params: { path: { accession: "M9999" } } });
check(missing.error?.status === 404, "a record that is not there");

console.log("compiled in strict mode; listed, filtered, read sparse and included members, results and errors");
