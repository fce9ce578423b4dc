//! Entities of a set, page by page: each page says where the next one is.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::Deserialize;
use tenant_http::{Error, ErrorKind, Outcome};

use super::Service;
use super::entity::Entity;
use super::fault::{EXPLAINED, accepted};
use super::filter::Filter;
use super::value::check_name;
use crate::ahead::Ahead;
use crate::m3::FieldError;
use crate::progress::Progress;

type Read<T> = Arc<dyn Fn(&Entity) -> Result<T, FieldError> + Send + Sync>;

/// Where the next page is. Only the server knows how it is built; it is followed on the same origin only.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NextLink(String);

/// One page of a query.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EntityPage<T> {
    /// The entities of this page.
    pub items: Vec<T>,
    /// Entities in the whole list, if asked for with [`Query::count`].
    pub count: Option<u64>,
    /// Where the next page is; `None` if this was the last.
    pub next: Option<NextLink>,
}

/// A query being put together.
#[derive(Clone)]
#[must_use = "nothing is sent until the stream is polled"]
pub struct Query<T = Entity> {
    service: Service,
    set: String,
    filter: Option<Filter>,
    select: Vec<String>,
    expand: Vec<String>,
    order: Vec<String>,
    top: Option<u32>,
    count: bool,
    page_size: Option<u32>,
    refused: Option<String>,
    read: Read<T>,
}

#[derive(Deserialize)]
struct Body {
    value: Vec<Entity>,
    #[serde(rename = "@odata.count")]
    count: Option<u64>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl<T: Send + 'static> Query<T> {
    pub(crate) fn new(
        service: Service,
        set: &str,
        read: impl Fn(&Entity) -> Result<T, FieldError> + Send + Sync + 'static,
    ) -> Self {
        let refused = check_name(set).err().or_else(|| service.refused());
        Self {
            service,
            set: set.to_owned(),
            filter: None,
            select: Vec::new(),
            expand: Vec::new(),
            order: Vec::new(),
            top: None,
            count: false,
            page_size: None,
            refused,
            read: Arc::new(read),
        }
    }

    /// Only entities of which this holds, besides what was asked for before (`$filter`).
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(before) => before.and(filter),
            None => filter,
        });
        self
    }

    /// Only these properties (`$select`).
    pub fn select(mut self, names: &[&str]) -> Self {
        self.select = self.names(names);
        self
    }

    /// With the entities inside (`$expand`).
    pub fn expand(mut self, names: &[&str]) -> Self {
        self.expand = self.names(names);
        self
    }

    /// Ordered by this property, within those named before (`$orderby`).
    pub fn order_by(mut self, name: &str) -> Self {
        let names = self.names(&[name]);
        self.order.extend(names);
        self
    }

    /// Ordered by this property, largest first.
    pub fn order_by_descending(mut self, name: &str) -> Self {
        let names = self.names(&[name]);
        self.order.extend(names.into_iter().map(|name| format!("{name} desc")));
        self
    }

    /// The first so many entities only (`$top`).
    pub fn top(mut self, entities: u32) -> Self {
        self.top = Some(entities);
        self
    }

    /// With the number of entities in the whole list (`$count`).
    pub fn count(mut self) -> Self {
        self.count = true;
        self
    }

    /// The largest page wished for; the server decides (`Prefer: odata.maxpagesize`).
    pub fn page_size(mut self, entities: u32) -> Self {
        self.page_size = Some(entities.max(1));
        self
    }

    /// The page at a link, or the first one.
    ///
    /// # Errors
    /// What failed, what the server refused, or the entity that cannot be read.
    pub async fn page(&self, at: Option<&NextLink>) -> Result<EntityPage<T>, Error> {
        let operation = format!("GET {}", self.set);
        if let Some(reason) = &self.refused {
            return Err(Error::config(operation, reason));
        }
        let http = self.service.http();
        let path = self.service.path_of(&self.set);
        let mut request = match at {
            Some(NextLink(link)) => http.get(link),
            None => http.get(&path).query(&self.query(&operation)?),
        };
        if let Some(size) = self.page_size {
            request = request.header("prefer", &format!("odata.maxpagesize={size}"));
        }
        let request = self.service.dressed(request).operation(&operation).accept_status(&EXPLAINED);
        let answer = request.send_undecoded().await?;
        let mut body: Body = answer.decode(|response| accepted(&operation, response)?.json(&operation)).await?;
        let here = match at {
            Some(NextLink(link)) => link.clone(),
            None => self.service.address(&self.set),
        };
        let next = body.next.map(|link| self.service.link(&operation, &here, &link).map(NextLink)).transpose()?;
        if !self.expand.is_empty() {
            for entity in &mut body.value {
                self.service.complete(&operation, &here, entity, &self.expand).await?;
            }
        }
        let mut items = Vec::with_capacity(body.value.len());
        for entity in &body.value {
            items.push(self.read_entity(&operation, entity)?);
        }
        Ok(EntityPage { items, count: body.count, next })
    }

    /// The pages, each asked for while the one before is used. An error ends the stream; the link of the last page leads back to it.
    ///
    /// A link that does not move on is an error, not a loop.
    pub fn pages(self, from: Option<NextLink>) -> BoxStream<'static, Result<EntityPage<T>, Error>> {
        let query = Arc::new(self);
        let walk = Some((from, Progress::new(), None::<Ahead<Result<EntityPage<T>, Error>>>));
        stream::try_unfold((query, walk), |(query, walk)| async move {
            let Some((at, mut progress, ahead)) = walk else { return Ok(None) };
            let fetched = match ahead {
                Some(ahead) => ahead.outcome().await,
                None => None,
            };
            let page = match fetched {
                Some(page) => page?,
                None => query.page(at.as_ref()).await?,
            };
            let Some(next) = page.next.clone() else { return Ok(Some((page, (query, None)))) };
            if at.as_ref() == Some(&next) || !progress.moves_on_to(next.clone()) {
                let message = "the link to the next page does not move on: the list cannot be read to its end";
                let operation = format!("GET {}", query.set);
                return Err(Error::new(ErrorKind::Protocol, Outcome::Unknown, operation, message));
            }
            let (asking, place) = (Arc::clone(&query), next.clone());
            let ahead = Ahead::start(async move { asking.page(Some(&place)).await }).await;
            Ok(Some((page, (query, Some((Some(next), progress, Some(ahead)))))))
        })
        .boxed()
    }

    /// The entities one by one, page by page as they are polled. An error ends the stream.
    pub fn stream(self) -> BoxStream<'static, Result<T, Error>> {
        self.pages(None).map_ok(|page| stream::iter(page.items.into_iter().map(Ok))).try_flatten().boxed()
    }

    /// All entities at once.
    ///
    /// # Errors
    /// The first error; there is no half list.
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.stream().try_collect().await
    }

    fn names(&mut self, names: &[&str]) -> Vec<String> {
        for name in names {
            if let Err(reason) = check_name(name) {
                self.refused.get_or_insert(reason);
            }
        }
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn query(&self, operation: &str) -> Result<Vec<(&'static str, String)>, Error> {
        let mut query = Vec::new();
        if let Some(filter) = &self.filter {
            let filter = filter.checked().map_err(|reason| Error::config(operation, reason))?;
            query.push(("$filter", filter.to_owned()));
        }
        for (name, list) in [("$select", &self.select), ("$expand", &self.expand), ("$orderby", &self.order)] {
            if !list.is_empty() {
                query.push((name, list.join(",")));
            }
        }
        if let Some(top) = self.top {
            query.push(("$top", top.to_string()));
        }
        if self.count {
            query.push(("$count", "true".to_owned()));
        }
        Ok(query)
    }

    fn read_entity(&self, operation: &str, entity: &Entity) -> Result<T, Error> {
        (self.read)(entity).map_err(|error| {
            let shown: String = format!("{entity:?}").chars().take(120).collect();
            Error::new(ErrorKind::Decode, Outcome::Unknown, operation, format!("{error}, in {shown}"))
        })
    }
}
