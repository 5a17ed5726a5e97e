//! What can be asked of a server.

use modu_wire::value::Number;
use modu_wire::{
    AdmittedNode, AskedJob, DatasetView, Done, EntryView, EvidenceView, JobView, KeyView, LineView,
    Me, NewDemonstration, NewNeed, NewNode, NewOrganisation, NewPerson, NewRun, NewStep, NodeView,
    OrganisationView, PersonView, ProjectView, ProposalView, Recorded, RunView,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{Call, Line};
use crate::{ClientError, Key, Pages};

/// A server as one person's program sees it. Lists are [`Pages`]: each item is
/// one, or why no more could be read.
///
/// All calls fail with [`ClientError::Unreachable`] where the server does not
/// answer, with [`ClientError::Refused`] where it says why not, and with
/// [`ClientError::Strange`] where it is no Modu server.
#[derive(Debug)]
pub struct Client {
    line: Line,
}

impl Client {
    /// A client of the server at a URL, with a person's key or as nobody in
    /// particular. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Address`] where the URL cannot be used, such as `http`
    /// to another machine; [`ClientError::Machine`].
    pub fn new(server: &str, key: Option<Key>) -> Result<Self, ClientError> {
        Ok(Self {
            line: Line::new(server, key)?,
        })
    }

    /// Who one is there.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn me(&self) -> Result<Me, ClientError> {
        self.get("/me")
    }

    /// All projects, the oldest first.
    #[must_use]
    pub fn projects(&self) -> Pages<'_, ProjectView> {
        self.pages("/projects".to_owned(), None)
    }

    /// One project.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn project(&self, project: Number) -> Result<ProjectView, ClientError> {
        self.get(&format!("/projects/{project}"))
    }

    /// The proposals of a project that one may see.
    #[must_use]
    pub fn proposals(&self, project: Number) -> Pages<'_, ProposalView> {
        self.pages(format!("/projects/{project}/proposals"), None)
    }

    /// Publishes a need of one's own agency: a project begins.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn publish(&self, need: &NewNeed) -> Result<Done, ClientError> {
        self.post("/projects", need)
    }

    /// Takes a step of a project.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn take(&self, project: Number, step: &NewStep) -> Result<Done, ClientError> {
        self.post(&format!("/projects/{project}/steps"), step)
    }

    /// All organisations.
    #[must_use]
    pub fn organisations(&self) -> Pages<'_, OrganisationView> {
        self.pages("/organisations".to_owned(), None)
    }

    /// Registers an organisation.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn register(&self, organisation: &NewOrganisation) -> Result<Done, ClientError> {
        self.post("/organisations", organisation)
    }

    /// All people.
    #[must_use]
    pub fn people(&self) -> Pages<'_, PersonView> {
        self.pages("/people".to_owned(), None)
    }

    /// Enrols a person.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn enrol(&self, person: &NewPerson) -> Result<Done, ClientError> {
        self.post("/people", person)
    }

    /// Suspends a person.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn suspend(&self, person: Number) -> Result<Done, ClientError> {
        self.bare_post(&format!("/people/{person}/suspend"))
    }

    /// Reinstates a person.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn reinstate(&self, person: Number) -> Result<Done, ClientError> {
        self.bare_post(&format!("/people/{person}/reinstate"))
    }

    /// The history after an entry, or from the first.
    #[must_use]
    pub fn history(&self, after: Option<Number>) -> Pages<'_, EntryView> {
        self.pages("/history".to_owned(), after)
    }

    /// One's own keys.
    #[must_use]
    pub fn keys(&self) -> Pages<'_, KeyView> {
        self.pages("/keys".to_owned(), None)
    }

    /// Ends a key of one's own.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn end_key(&self, key: Number) -> Result<(), ClientError> {
        let path = format!("/keys/{key}");
        let call = Call {
            method: "DELETE",
            ..Call::get(&path)
        };
        self.line.send(call).map(drop)
    }

    /// What stands in the log after an entry, or from the first.
    #[must_use]
    pub fn evidence(&self, after: Option<Number>) -> Pages<'_, EvidenceView> {
        self.pages("/evidence".to_owned(), after)
    }

    /// One entry of the log.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn entry(&self, evidence: Number) -> Result<EvidenceView, ClientError> {
        self.get(&format!("/evidence/{evidence}"))
    }

    /// An entry as a Sigstore bundle, which verifies without the server.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn bundle(&self, evidence: Number) -> Result<Vec<u8>, ClientError> {
        self.bytes(&format!("/evidence/{evidence}/bundle"))
    }

    /// What bundles are verified with. Whoever hands out both could have made
    /// both: compare it with one that came another way.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn trusted_root(&self) -> Result<Vec<u8>, ClientError> {
        self.bytes("/trusted-root")
    }

    /// Runs on record after a place of the log, or from the first.
    #[must_use]
    pub fn runs(&self, after: Option<Number>) -> Pages<'_, RunView> {
        self.pages("/runs".to_owned(), after)
    }

    /// One run on record.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn run(&self, run: Number) -> Result<RunView, ClientError> {
        self.get(&format!("/runs/{run}"))
    }

    /// A file that was handed in with a run, by its place in the run's list.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn run_file(&self, run: Number, file: Number) -> Result<Vec<u8>, ClientError> {
        self.bytes(&format!("/runs/{run}/files/{file}"))
    }

    /// Puts a run on record.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn record(&self, run: &NewRun) -> Result<Recorded, ClientError> {
        self.post("/runs", run)
    }

    /// Asks for a demonstration on data of one's own agency.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn demonstrate(&self, asked: &NewDemonstration) -> Result<AskedJob, ClientError> {
        self.post("/jobs", asked)
    }

    /// The jobs that one may look at after one, or from the first; of one
    /// project where that is named.
    #[must_use]
    pub fn jobs(&self, project: Option<Number>, after: Option<Number>) -> Pages<'_, JobView> {
        let path = match project {
            Some(project) => format!("/jobs?project={project}"),
            None => "/jobs".to_owned(),
        };
        self.pages(path, after)
    }

    /// One job.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn job(&self, job: Number) -> Result<JobView, ClientError> {
        self.get(&format!("/jobs/{job}"))
    }

    /// What happened to a job after a line, or from the first.
    #[must_use]
    pub fn job_log(&self, job: Number, after: Option<Number>) -> Pages<'_, LineView> {
        self.pages(format!("/jobs/{job}/log"), after)
    }

    /// Calls a job off; the job as it is then.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn cancel_job(&self, job: Number) -> Result<JobView, ClientError> {
        self.bare_post(&format!("/jobs/{job}/cancel"))
    }

    /// The data that one may know of.
    #[must_use]
    pub fn datasets(&self) -> Pages<'_, DatasetView> {
        self.pages("/datasets".to_owned(), None)
    }

    /// The nodes that one may know of.
    #[must_use]
    pub fn nodes(&self) -> Pages<'_, NodeView> {
        self.pages("/nodes".to_owned(), None)
    }

    /// One node.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn node(&self, node: Number) -> Result<NodeView, ClientError> {
        self.get(&format!("/nodes/{node}"))
    }

    /// Lets a node in. Its token is in this answer and in no other.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn admit_node(&self, node: &NewNode) -> Result<AdmittedNode, ClientError> {
        self.post("/nodes", node)
    }

    /// Shuts a node out.
    ///
    /// # Errors
    /// As said at [`Client`].
    pub fn shut_node_out(&self, node: Number) -> Result<Done, ClientError> {
        self.bare_post(&format!("/nodes/{node}/shut-out"))
    }

    fn pages<T>(&self, path: String, after: Option<Number>) -> Pages<'_, T> {
        Pages::new(&self.line, path, after)
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.line.typed(Call::get(path))
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        Ok(self.line.send(Call::get(path))?.1)
    }

    fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let machine = |error: &dyn std::fmt::Display| ClientError::Machine(error.to_string());
        let body = serde_json::to_vec(body).map_err(|error| machine(&error))?;
        let once = once().map_err(|error| machine(&error))?;
        self.line.typed(Call {
            method: "POST",
            path,
            body: Some(&body),
            once: Some(&once),
        })
    }

    /// Asked twice, the second finds it done and says so.
    fn bare_post<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.line.typed(Call {
            method: "POST",
            ..Call::get(path)
        })
    }
}

/// A new idempotency key.
fn once() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
