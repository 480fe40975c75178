//! A query whose answer is thrown away byte by byte: the fastest that any reader of a server can be.
//!
//! Just enough of the client protocol: a user without a password, one query, packets counted by their heads.

use anyhow::{Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A user of [`drain`], who has to exist with the right to select and without a password.
pub const USER: &str = "dt_bench_drain";

/// PROTOCOL_41, SECURE_CONNECTION, TRANSACTIONS, PLUGIN_AUTH.
const CAPABILITIES: u32 = 0x200 | 0x8000 | 0x2000 | 0x8_0000;
const UTF8MB4: u8 = 45;
const COM_QUERY: u8 = 3;
const OK: u8 = 0;
const EOF: u8 = 0xfe;
const ERROR: u8 = 0xff;
/// An EOF packet is shorter than any row that begins with the same byte.
const EOF_BYTES: usize = 9;
/// Bytes of a socket read.
const BUFFER: usize = 1 << 20;

/// Runs a query on a server of this machine and answers how many rows came.
///
/// # Errors
/// The server refuses, or breaks off.
pub async fn drain(port: u16, sql: &str) -> Result<u64> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let mut wire = Wire { stream: BufReader::with_capacity(BUFFER, stream), packet: Vec::new() };
    wire.read().await?;
    let mut login = Vec::from(CAPABILITIES.to_le_bytes());
    login.extend((1u32 << 30).to_le_bytes());
    login.push(UTF8MB4);
    login.extend([0; 23]);
    login.extend(USER.as_bytes());
    // The user's end, and a password of no bytes.
    login.extend([0, 0]);
    login.extend(b"mysql_native_password\0");
    wire.write(1, &login).await?;
    wire.read().await?;
    ensure!(wire.packet.first() == Some(&OK), "{USER} cannot log in");
    wire.write(0, &[&[COM_QUERY], sql.as_bytes()].concat()).await?;
    wire.read().await?;
    ensure!(!matches!(wire.packet.first(), None | Some(&OK | &ERROR)), "{sql}: no rows");
    wire.rows().await?;
    wire.rows().await
}

struct Wire {
    stream: BufReader<TcpStream>,
    packet: Vec<u8>,
}

impl Wire {
    async fn write(&mut self, number: u8, body: &[u8]) -> Result<()> {
        let mut packet = (body.len() as u32).to_le_bytes();
        packet[3] = number;
        self.stream.get_mut().write_all(&[&packet, body].concat()).await?;
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        let head = self.stream.read_u32_le().await?;
        self.packet.resize((head & 0xff_ffff) as usize, 0);
        self.stream.read_exact(&mut self.packet).await?;
        Ok(())
    }

    /// Packets up to the next EOF.
    async fn rows(&mut self) -> Result<u64> {
        let mut rows = 0;
        loop {
            self.read().await?;
            match self.packet.first() {
                Some(&EOF) if self.packet.len() < EOF_BYTES => return Ok(rows),
                Some(&ERROR) => bail!("the server broke off"),
                _ => rows += 1,
            }
        }
    }
}
