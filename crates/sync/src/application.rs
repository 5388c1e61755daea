//! 接入应用: other systems that call the audit service and open embedded pages.

use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;

/// Shortest secret that is taken.
const SHORTEST: usize = 32;

/// A system of the hospital, as `[[application]]` of `dipper.toml` says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// What it calls itself in requests.
    pub id: String,
    /// 名称, for people.
    #[serde(default)]
    pub name: String,
    /// What it signs with; `${NAME}` is taken from the environment.
    pub secret: Secret,
    /// 来源地址 that may use it: `10.1.2.3`, `10.1.0.0/16`; empty: every one.
    #[serde(default)]
    pub addresses: Vec<Network>,
    /// Sites whose pages may frame ours: `https://his.example`.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// A text that no log shows.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Addresses with one beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    first: u128,
    bits: u32,
}

/// IPv4 stands among IPv6 as ::ffff:a.b.c.d.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Network, String> {
        let wrong = || format!("来源地址应如 10.1.2.3 或 10.1.0.0/16，现为“{text}”");
        let (address, bits) = text.split_once('/').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse::<u32>).map_err(|_| wrong())?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Network { first: number(address), bits: bits + 128 - most })
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        let differs = self.first ^ number(address);
        self.bits == 0 || differs >> (128 - self.bits) == 0
    }
}

impl Application {
    /// Whether requests may come from an address.
    pub fn allows(&self, address: &str) -> bool {
        self.addresses.is_empty()
            || address
                .parse()
                .is_ok_and(|address| self.addresses.iter().any(|network| network.holds(address)))
    }

    /// Puts the environment's secret in and checks.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        let id = &self.id;
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return Err(format!("接入应用的 id 应由字母、数字、- 和 _ 组成，现为“{id}”"));
        }
        if let Some(name) = self.secret.0.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            let value = std::env::var(name)
                .map_err(|_| format!("环境变量 {name} 没有设置（接入应用 {id} 的密钥）"))?;
            self.secret = Secret(value);
        }
        if self.secret.0.len() < SHORTEST {
            return Err(format!("接入应用 {id} 的密钥不足 {SHORTEST} 个字符"));
        }
        // What stands in a header must be an origin and nothing else.
        let origin = |text: &String| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|host| {
                !host.is_empty()
                    && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
            })
        };
        match self.origins.iter().find(|text| !origin(text)) {
            Some(text) => Err(format!("接入应用 {id} 的 origins 应如 https://his.example，现为“{text}”")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops where it fails")]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Application, String> {
        let mut application: Application =
            toml::from_str(text).map_err(|error| error.message().to_owned())?;
        application.settle().map(|()| application)
    }

    const SECRET: &str = "secret = '0123456789abcdef0123456789abcdef'";

    #[test]
    fn only_addresses_of_its_networks_may_use_it() {
        let application =
            read(&format!("id = 'his'\n{SECRET}\naddresses = ['10.1.0.0/16', '192.168.1.9', 'fd00::/8']"))
                .unwrap();
        for (address, allowed) in [
            ("10.1.255.3", true),
            ("10.2.0.1", false),
            ("192.168.1.9", true),
            ("192.168.1.8", false),
            ("fd12::1", true),
            ("fe80::1", false),
            ("", false),
        ] {
            assert_eq!(application.allows(address), allowed, "{address}");
        }
        assert!(read(&format!("id = 'his'\n{SECRET}")).unwrap().allows("8.8.8.8"));
        assert!(!format!("{application:?}").contains("0123456789"), "a secret is never shown");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| read(text).unwrap_err();
        assert!(wrong("id = 'his'\nsecret = 'short'").contains("密钥不足 32 个字符"));
        assert!(wrong(&format!("id = 'a b'\n{SECRET}")).contains("“a b”"));
        assert!(wrong(&format!("id = 'his'\n{SECRET}\naddresses = ['10.1.0.0/40']")).contains("10.1.0.0/40"));
        assert!(
            wrong(&format!("id = 'his'\n{SECRET}\norigins = ['https://a; script-src *']"))
                .contains("origins")
        );
        assert!(wrong("id = 'his'\nsecret = '${DIPPER_NO_SUCH_SECRET}'").contains("DIPPER_NO_SUCH_SECRET"));
    }
}
