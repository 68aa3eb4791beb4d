//! Strangers who know the port of a recorder, and one of them the name in an offer, but not its password.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// The first flight of a DTLS 1.2 handshake, as far as a server looks at it before it answers.
const HELLO: &[u8] = &[
    22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 254, 253, 1, 2, 3, 4,
    5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 0, 0, 0, 2, 192, 43, 1, 0,
];
const CLOSE: &[u8] = &[21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0];
const FATAL: &[u8] = &[21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40];
const SEALED_CLOSE: &[u8] = &[21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4];
const RTP: &[u8] = &[128, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 16, 80, 0, 0, 157, 1, 42];
const BYE: &[u8] = &[129, 203, 0, 1, 0, 0, 0, 1];
const CUT_STUN: &[u8] = &[0, 1, 0, 200, 33, 18, 164, 66, 1, 2, 3];
const STUN_ERROR: &[u8] = &[1, 17, 0, 0, 33, 18, 164, 66, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/// They shout until this is dropped.
pub(crate) struct Strangers {
    ufrag: Arc<Mutex<Option<String>>>,
    answers: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Strangers {
    pub(crate) fn shout_at(port: SocketAddr) -> Self {
        let strangers = Self { ufrag: Arc::default(), answers: Arc::default(), stop: Arc::default() };
        for _ in 0..2 {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect(port).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            let (ufrag, answers) = (Arc::clone(&strangers.ufrag), Arc::clone(&strangers.answers));
            let stop = Arc::clone(&strangers.stop);
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let check = ufrag.lock().unwrap().as_deref().map(forged_check).unwrap_or_default();
                    let noise = [&[], [64; 100].as_slice(), CUT_STUN, STUN_ERROR];
                    for shout in
                        [HELLO, CLOSE, FATAL, SEALED_CLOSE, RTP, BYE, &check].into_iter().chain(noise)
                    {
                        socket.send(shout).unwrap();
                    }
                    if socket.recv(&mut [0; 2_048]).is_ok() {
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        strangers
    }

    /// They got hold of an offer's name, which goes over the network in each check.
    pub(crate) fn learn(&self, offer: &str) {
        let ufrag = offer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap();
        *self.ufrag.lock().unwrap() = Some(ufrag.to_owned());
    }

    pub(crate) fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }
}

impl Drop for Strangers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A check with the right name and a wrong integrity, that claims the other role as well.
fn forged_check(ufrag: &str) -> Vec<u8> {
    let name = format!("{ufrag}:them");
    let mut check = vec![0, 1, 0, 0, 33, 18, 164, 66];
    check.extend([7; 12]);
    check.extend([0, 6, 0, u8::try_from(name.len()).unwrap()]);
    check.extend(name.bytes());
    check.resize(check.len().next_multiple_of(4), 0);
    check.extend([0x80, 0x2a, 0, 8, 255, 255, 255, 255, 255, 255, 255, 255]);
    check.extend([0, 8, 0, 20]);
    check.extend([9; 20]);
    let length = u8::try_from(check.len() - 20).unwrap();
    *check.get_mut(3).unwrap() = length;
    check
}
