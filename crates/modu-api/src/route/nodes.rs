//! Nodes, which stand beside agencies' data: who was let in, under which key,
//! and who was shut out.

use std::cell::RefCell;

use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode};
use modu_programme::OrganisationId;
use modu_programme::access::{Action, Reach, reach};
use modu_programme::job::{self, Node, NodeId, NodeKey};
use modu_wire::value::{DigestName, Moment, Number};
use modu_wire::{AdmittedNode, Done, Listing, NODE_TOKEN_PREFIX, NewNode, NodeKeyName, NodeView};

use super::{Made, made};
use crate::call::{Body, Call, Desk, Named};
use crate::listing::{Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};
use crate::told::{Numbered as _, line, title};

/// The nodes that the caller may know of.
fn known(desk: &Desk) -> Result<Vec<Node>, Problem> {
    let person = desk.caller()?;
    let nodes = desk.office.jobs().nodes();
    match reach(person.role, Action::SeeData) {
        Some(Reach::All) => Ok(nodes.list(None)?),
        Some(Reach::Own) => Ok(nodes.list(Some(person.organisation))?),
        None => Err(Problem::no_such_thing()),
    }
}

/// Nodes that the caller may know of, those that were shut out too: an agency
/// its own, operator and auditor all.
#[utoipa::path(get, path = "/nodes", operation_id = "list_nodes", tag = "nodes", params(Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<NodeView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<NodeView>>, Problem> {
    call.work(move |desk| {
        let nodes = known(desk)?;
        let views: Result<Vec<_>, Problem> = nodes
            .iter()
            .map(|node| Ok((node.id.0, view(node)?)))
            .collect();
        Ok(Json(page.of(views?.into_iter())))
    })
    .await
}

/// One node.
#[utoipa::path(get, path = "/nodes/{node}", operation_id = "show_node", tag = "nodes",
    params(("node" = Number, Path, description = "Its number")),
    security(("key" = [])),
    responses((status = 200, body = NodeView), NotRead))]
pub(super) async fn show(call: Call, Named(id): Named) -> Result<Json<NodeView>, Problem> {
    call.work(move |desk| {
        let nodes = known(desk)?;
        let found = nodes.iter().find(|node| node.id.0 == id.0);
        Ok(Json(view(found.ok_or_else(Problem::no_such_thing)?)?))
    })
    .await
}

fn view(node: &Node) -> Result<NodeView, Problem> {
    let key = NodeKeyName::try_from(node.key.to_string());
    Ok(NodeView {
        node: Number(node.id.0),
        organisation: node.organisation.number(),
        name: line(&node.name),
        key: key.map_err(|_| Problem::failed())?,
        admitted: Moment(node.made),
        seen: node.seen.map(Moment),
        shut_out: node.ended.map(Moment),
        trusted_root: node.root.map(DigestName),
    })
}

/// A node that was let in, as it is answered.
type Admitted = (StatusCode, [(HeaderName, String); 1], Json<AdmittedNode>);

/// Lets a node in for an agency, under the key that it shows on its own
/// machine. The token is told this once: where the answer is lost, shut the
/// node out and let it in under another key.
#[utoipa::path(post, path = "/nodes", operation_id = "admit_node", tag = "nodes", request_body = NewNode,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = AdmittedNode), NotDone))]
pub(super) async fn admit(
    call: Call,
    once: Once,
    body: Body<NewNode>,
) -> Result<Admitted, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let asked = &body.value;
        let whose = OrganisationId::named(asked.organisation);
        let name = title(&asked.name)?;
        let wrong = |error: modu_programme::Refusal| Problem::not_as_described(error.to_string());
        let key: NodeKey = asked.key.as_str().parse().map_err(wrong)?;
        let admitted = RefCell::new(None);
        let act = || {
            let node = desk.office.admit_node(person.id, (whose, &name), key)?;
            let entry = node.entry.clone();
            admitted.replace(Some(node));
            Ok(entry)
        };
        desk.once(&once, &body.digest, act)?;
        match admitted.into_inner() {
            Some(node) => Ok(answered(&node)),
            None => Err(Problem::conflict(
                "the node was let in when this was asked before, and its token told then: shut \
                 it out, and let it in under another key",
            )),
        }
    })
    .await
}

fn answered(node: &job::NewNode) -> Admitted {
    let place = [(LOCATION, format!("{}/nodes/{}", crate::ROOT, node.id.0))];
    let told = AdmittedNode {
        node: Number(node.id.0),
        token: format!("{NODE_TOKEN_PREFIX}{}", node.token.reveal()),
        sequence: Number(node.entry.sequence.0),
        at: Moment(node.entry.at),
    };
    (StatusCode::CREATED, place, Json(told))
}

/// Shuts a node out: its token and key open nothing any more.
#[utoipa::path(post, path = "/nodes/{node}/shut-out", operation_id = "shut_node_out", tag = "nodes",
    params(("node" = Number, Path, description = "Its number")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn shut_out(call: Call, Named(id): Named) -> Result<Made, Problem> {
    call.work(move |desk| {
        let caller = desk.caller()?;
        let entry = desk.office.shut_node_out(caller.id, NodeId(id.0))?;
        Ok(made(&entry, &format!("/nodes/{id}")))
    })
    .await
}
