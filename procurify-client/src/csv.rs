//! Lists as CSV: page after page of them, joined to one file.

use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use serde::de::DeserializeOwned;
use tenant_http::{Bytes, Error, ErrorKind, Outcome};

use crate::List;

mod sealed {
    pub trait Sealed {}
}

/// A record whose lists come as CSV too. Not to be implemented elsewhere.
pub trait InCsv: sealed::Sealed {}

macro_rules! in_csv {
    ($($record:ident)*) => {$(
        impl sealed::Sealed for crate::$record {}
        impl InCsv for crate::$record {}
    )*};
}

in_csv! {
    Account AccountCode BillItem BillSummary CatalogBundle CatalogItem CompanyPaymentMethod Currency CustomField
    Department Location Order OrderItem PaymentListRead Permission PermissionGroup PurchaseOrder ReceiptItem UserProfile
    Vendor VendorPaymentMethod
}

type Pieces = BoxStream<'static, Result<Bytes, Error>>;

impl<T: InCsv + DeserializeOwned + Send + 'static> List<T> {
    /// The list as CSV, in the columns that Procurify gives it, as a stream of bytes.
    ///
    /// It is read page by page, as other lists are, [from](Self::from_page) the same page and in pages of the same
    /// size, none of them ahead; the columns are named once. A page may take ten times as long as other calls. While
    /// one is open it takes one of the calls that the client may have under way at a time: read it or drop it.
    ///
    /// An error ends the stream: what came before is only a part.
    ///
    /// ```no_run
    /// # use futures_util::TryStreamExt;
    /// # async fn run(procurify: procurify_client::ProcurifyClient) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut csv = procurify.vendors().list().csv().await?;
    /// let mut file = std::fs::File::create("vendors.csv")?;
    /// while let Some(piece) = csv.try_next().await? {
    ///     std::io::Write::write_all(&mut file, &piece)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn csv(self) -> Result<Pieces, Error> {
        let count = self.clone().page_size(1).send_page(1).await?.count;
        let mut walk = Walk { page: self.first_page(), list: self, count, read: 0, of_first: None, open: None };
        walk.open().await?;
        let next = |mut walk: Walk<T>| async move {
            let piece = walk.next().await;
            piece.map(|piece| piece.map(|piece| (piece, walk)))
        };
        Ok(stream::try_unfold(walk, next).boxed())
    }
}

struct Walk<T> {
    list: List<T>,
    /// The page that is open, or is next.
    page: u64,
    /// Records in the whole list.
    count: u64,
    read: u64,
    /// How the first page was, once it is read.
    of_first: Option<First>,
    open: Option<Open>,
}

struct First {
    columns: Vec<u8>,
    rows: u64,
}

struct Open {
    pieces: Pieces,
    table: Table,
}

impl<T> Walk<T> {
    /// Opens the page that is next; `false` beyond the end.
    async fn open(&mut self) -> Result<bool, Error> {
        match self.list.open_csv(self.page).await {
            Ok(pieces) => {
                self.open = Some(Open { pieces, table: Table::default() });
                Ok(true)
            }
            Err(error) if self.of_first.is_some() && crate::envelope::is_beyond_the_end(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some(open) = &mut self.open else {
                if self.is_complete() || !self.open().await? {
                    return Ok(None);
                }
                continue;
            };
            let Some(piece) = open.pieces.try_next().await? else {
                match self.close() {
                    Some(end) => return Ok(Some(end)),
                    None => continue,
                }
            };
            let rows = open.table.add(&piece);
            if self.of_first.as_ref().is_some_and(|first| open.table.differs_from(&first.columns)) {
                let message = "the pages of the list have different columns: ask for larger pages";
                return Err(Error::new(ErrorKind::Protocol, Outcome::Unknown, self.list.operation(), message));
            }
            let shown = if self.of_first.is_none() { piece } else { piece.slice(rows..) };
            if !shown.is_empty() {
                return Ok(Some(shown));
            }
        }
    }

    /// Ends a page; gives the end of its last line if it has none.
    fn close(&mut self) -> Option<Bytes> {
        let (columns, rows, is_cut) = self.open.take()?.table.end();
        let is_shown = rows > 0 || self.of_first.is_none();
        self.of_first.get_or_insert(First { columns, rows });
        self.read += rows;
        self.page += 1;
        if rows == 0 {
            // Whatever was counted: there is no more.
            self.count = 0;
        }
        (is_cut && is_shown).then(|| Bytes::from_static(b"\r\n"))
    }

    /// Whether all rows have come. A server whose pages are smaller than asked for shows it by its first one.
    fn is_complete(&self) -> bool {
        let of_page = self.of_first.as_ref().map_or(0, |first| first.rows.min(self.list.size_of_pages()));
        let before = (self.list.first_page() - 1).saturating_mul(of_page);
        before.saturating_add(self.read) >= self.count
    }
}

/// One page, whose lines may be broken anywhere and hold quoted ends of lines.
#[derive(Default)]
struct Table {
    columns: Vec<u8>,
    has_columns: bool,
    quoted: bool,
    /// Whether something of a line has come, and not its end.
    begun: bool,
    rows: u64,
}

impl Table {
    /// Takes in a piece, and tells where in it the rows begin.
    fn add(&mut self, piece: &[u8]) -> usize {
        let mut rows_from = if self.has_columns { 0 } else { piece.len() };
        for (at, byte) in piece.iter().enumerate() {
            self.quoted ^= *byte == b'"';
            self.begun = *byte != b'\n' || self.quoted;
            if !self.has_columns {
                self.columns.push(*byte);
            }
            if !self.begun {
                if self.has_columns {
                    self.rows += 1;
                } else {
                    self.has_columns = true;
                    rows_from = at + 1;
                }
            }
        }
        rows_from
    }

    fn differs_from(&self, columns: &[u8]) -> bool {
        self.has_columns && self.columns.trim_ascii_end() != columns
    }

    /// The columns, how many rows, and whether the last line has no end.
    fn end(self) -> (Vec<u8>, u64, bool) {
        let last = u64::from(self.begun && self.has_columns);
        (self.columns.trim_ascii_end().to_vec(), self.rows + last, self.begun)
    }
}
