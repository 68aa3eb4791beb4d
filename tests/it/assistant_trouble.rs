//! An endpoint that is away, refuses, breaks off, talks nonsense or never ends: people are told, and what was shown is
//! kept.

use bedside_protocol::{
    Code,
    assistant::{AnswerState, AssistantChunk, AssistantComplete, AssistantFailed},
    ids::RoomId,
};

use crate::{
    assistant::{conversation, question},
    harness::{
        Peer, Server,
        endpoint::{Act, Endpoint, whole},
    },
};

struct Scene {
    endpoint: Endpoint,
    server: Server,
    room: RoomId,
    ben: Peer,
}

async fn scene(scripts: Vec<Vec<Act>>, more: &str) -> Scene {
    let endpoint = Endpoint::start(scripts).await;
    let server = Server::with_file(&endpoint.assistant(more), &[]).await;
    let room = conversation(&server).await;
    let ben = server.patient("ben").await;
    ben.join_chat(&room).await;
    ben.ask(question(&room, "q1", "Hello?")).await.unwrap();
    Scene { endpoint, server, room, ben }
}

impl Scene {
    /// How the answer failed, and what there is of it.
    async fn failure(&self) -> (Code, Option<u64>, Option<String>) {
        let failed = self.ben.hears::<AssistantFailed>().await.unwrap();
        assert_eq!(failed.state, AnswerState::Failed);
        assert_eq!(failed.seq, failed.message.as_ref().map(|message| message.seq));
        let kept = failed.message.map(|message| message.content.unwrap().as_str().to_owned());
        let stored = self.ben.join_chat(&self.room).await.last_seq;
        assert_eq!(
            stored,
            if kept.is_some() { 2 } else { 1 },
            "what was shown stands in the log, and nothing else"
        );
        (failed.error.code, failed.error.retry_after_ms, kept)
    }

    fn asked(&self) -> usize {
        self.endpoint.asked().len()
    }
}

#[tokio::test]
async fn a_key_that_is_not_taken_is_not_tried_again() {
    let scene =
        scene(vec![vec![Act::Refuse("401 Unauthorized")]], "api_key = \"sk-a-key-of-the-tests\"").await;
    assert_eq!(scene.failure().await, (Code::Unavailable, None, None));
    assert_eq!(scene.asked(), 1);
    assert!(
        scene.endpoint.asked()[0].head.to_lowercase().contains("authorization: bearer sk-a-key-of-the-tests")
    );
}

#[tokio::test]
async fn a_busy_endpoint_is_waited_for_as_long_as_it_asks() {
    let scripts = vec![vec![Act::Refuse("429 Too Many Requests\r\nRetry-After: 1")], whole(&["At last"])];
    let scene = scene(scripts, "").await;
    let complete = scene.ben.hears::<AssistantComplete>().await.unwrap();
    assert_eq!(complete.message.content.unwrap().as_str(), "At last");
    assert_eq!(scene.asked(), 2);
}

#[tokio::test]
async fn one_that_asks_for_a_long_pause_is_not_waited_for_and_the_pause_is_told() {
    let scene = scene(vec![vec![Act::Refuse("429 Too Many Requests\r\nRetry-After: 120")]], "").await;
    assert_eq!(scene.failure().await, (Code::RateLimited, Some(120_000), None));
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn a_failing_endpoint_is_asked_again_while_nothing_was_shown() {
    let broken = || vec![Act::Refuse("502 Bad Gateway")];
    let scene =
        scene(vec![broken(), vec![Act::Raw("data: {\"choices\":[]}\n\n".to_owned())], whole(&["Here"])], "")
            .await;
    let complete = scene.ben.hears::<AssistantComplete>().await.unwrap();
    assert_eq!((complete.message.content.unwrap().as_str(), scene.asked()), ("Here", 3));

    let scene = self::scene(vec![broken()], "").await;
    let (code, again, kept) = scene.failure().await;
    assert_eq!((code, kept, scene.asked()), (Code::Unavailable, None, 4));
    assert!(again.is_some(), "they are told when to try again");
}

#[tokio::test]
async fn a_stream_that_breaks_off_keeps_what_was_shown_and_is_not_begun_anew() {
    let scene = scene(vec![vec![Act::Words("Half an ans".into())]], "").await;
    assert_eq!(scene.failure().await, (Code::Unavailable, None, Some("Half an ans".to_owned())));
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn nonsense_is_a_failure_and_no_answer() {
    for nonsense in ["<html>Welcome</html>", "data: {\"hello\":1}\n\n", "data: \u{0}{]\n\n"] {
        let scene = scene(vec![vec![Act::Raw(nonsense.to_owned())]], "").await;
        assert_eq!(scene.failure().await, (Code::Unavailable, None, None), "{nonsense}");
        assert_eq!(scene.asked(), 1);
    }
    let scene = scene(vec![vec![Act::Words("Then ".into()), Act::Raw("data: }{\n\n".into())]], "").await;
    assert_eq!(scene.failure().await.2.as_deref(), Some("Then "));
}

#[tokio::test]
async fn an_answer_without_words_is_a_failure() {
    let scene = scene(vec![whole(&[" \n"])], "").await;
    assert_eq!(scene.failure().await, (Code::Unavailable, None, None));
}

#[tokio::test]
async fn an_endless_stream_is_ended_by_tokens_by_bytes_and_by_time() {
    let scene = scene(vec![vec![Act::Endless("x ".into())]], "max_output_tokens = 50").await;
    let (code, _, kept) = scene.failure().await;
    assert_eq!((code, kept.unwrap().len()), (Code::TooLarge, 102));

    let scene = self::scene(vec![vec![Act::Endless("x".repeat(5_000))]], "max_output_tokens = 5000").await;
    let (code, _, kept) = scene.failure().await;
    assert_eq!((code, kept.unwrap().len()), (Code::TooLarge, 65_536));

    let scene = self::scene(vec![vec![Act::Words("Well".into()), Act::Gate]], "timeout_s = 1").await;
    assert_eq!(scene.failure().await, (Code::Unavailable, None, Some("Well".to_owned())));

    let huge = format!("data: {}", "x".repeat(400_000));
    let scene = self::scene(vec![vec![Act::Raw(huge)]], "").await;
    assert_eq!(scene.failure().await, (Code::Unavailable, None, None));
}

#[tokio::test]
async fn nobody_is_called_but_the_configured_host() {
    let elsewhere = Endpoint::start(vec![whole(&["Hello from elsewhere"])]).await;
    let redirect =
        format!("307 Temporary Redirect\r\nLocation: http://{}/v1/chat/completions", elsewhere.address);
    let scene = scene(vec![vec![Act::Refuse(redirect.leak())]], "").await;
    assert_eq!(scene.failure().await, (Code::Unavailable, None, None));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn words_that_come_fast_are_told_in_few_pieces() {
    let words: Vec<Act> = (0..1_000).map(|_| Act::Words("word ".into())).chain([Act::Done]).collect();
    let scene = scene(vec![words], "").await;
    let complete = scene.ben.hears::<AssistantComplete>().await.unwrap();
    assert_eq!(complete.message.content.unwrap().as_str().len(), 5_000);
    let mut told = String::new();
    let mut pieces = 0;
    while told.len() < 5_000 {
        let chunk = scene.ben.hears::<AssistantChunk>().await.unwrap();
        assert_eq!(chunk.index, pieces);
        told.push_str(chunk.delta.as_str());
        pieces += 1;
    }
    // They come within a second or a few, whatever the machine does: far fewer pieces than words.
    assert!(pieces < 200, "{pieces} pieces");
    scene.server.stop().await;
}

/// What `bedside assistants check` says, and whether all is well.
async fn checked(file: String) -> (bool, String) {
    let check = move || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bedside.toml");
        std::fs::write(&path, file).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bedside"));
        command.args(["assistants", "check"]).env("BEDSIDE_CONFIG", &path).env_remove("OPENAI_API_KEY");
        let output = command.env("BEDSIDE_DATA__DIR", folder.path()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    tokio::task::spawn_blocking(check).await.unwrap()
}

#[tokio::test]
async fn whoever_sets_an_assistant_up_is_told_what_is_wrong() {
    const NO_MODEL: &str =
        "404 Not Found\r\nContent-Length: 46\r\n\r\n{\"error\":{\"message\":\"model tiny is not here\"}}";
    for (act, wanted) in [
        (Act::Refuse("401 Unauthorized"), "does not take the key (status 401): look at api_key"),
        (Act::Refuse(NO_MODEL), "there is no model \"tiny\""),
        (Act::Refuse(NO_MODEL), "(it says: model tiny is not here)"),
        (Act::Refuse("302 Found\r\nLocation: /v1"), "it redirects"),
        (Act::Refuse("500 Internal Server Error"), "has failed (status 500)"),
        (Act::Raw("<html>".to_owned()), "is there an OpenAI-compatible API at base_url?"),
        (Act::Words(" ".to_owned()), "broke off"),
    ] {
        let endpoint = Endpoint::start(vec![vec![act]]).await;
        let (well, text) = checked(endpoint.assistant("api_key = \"sk-hunter2\"")).await;
        assert!(!well && text.contains(wanted) && text.contains("with a key"), "{wanted}: {text}");
        assert!(text.contains(&endpoint.address) && !text.contains("hunter2"), "{text}");
    }
    let endpoint = Endpoint::start(vec![vec![Act::Words("Hello".into()), Act::Gate]]).await;
    let (well, text) = checked(endpoint.assistant("")).await;
    assert!(well && text.starts_with("ok ") && text.contains("without a key"), "{text}");
    assert_eq!(endpoint.asked()[0].body["messages"][0]["content"], "Say hello in one word.");

    // Nothing listens there.
    let nobody = endpoint.assistant("").replace(&endpoint.address, "127.0.0.1:1");
    let (well, text) = checked(nobody).await;
    assert!(!well && text.contains("cannot be reached: ") && text.contains("refused"), "{text}");
    assert!(checked(String::new()).await.1.contains("no assistant is configured"));
}

/// The endpoint of `BEDSIDE_TEST_LLM_URL`, with `BEDSIDE_TEST_LLM_MODEL` and `BEDSIDE_TEST_LLM_KEY`; the scripted one
/// where none is given.
#[tokio::test]
async fn an_endpoint_of_ones_own_answers_a_question() {
    let scripted = Endpoint::start(vec![whole(&["Hello."])]).await;
    let given = |name: &str| std::env::var(format!("BEDSIDE_TEST_LLM_{name}")).ok();
    let file = match given("URL") {
        None => scripted.assistant(""),
        Some(url) => {
            let key = given("KEY").map_or_else(String::new, |key| format!("api_key = \"{key}\"\n"));
            let file = scripted.assistant(&format!("plain_http = true\n{key}"));
            let model = given("MODEL").unwrap_or_else(|| "tiny".to_owned());
            file.replace(&format!("http://{}/v1", scripted.address), &url)
                .replace("\"tiny\"", &format!("\"{model}\""))
        }
    };
    let (well, text) = checked(file.clone()).await;
    assert!(well, "{text}");
    let server = Server::with_file(&file, &[]).await;
    let room = conversation(&server).await;
    let ben = server.patient("ben").await;
    ben.join_chat(&room).await;
    ben.ask(question(&room, "q1", "Say hello in one word.")).await.unwrap();
    // A small machine may take two minutes.
    for _ in 0..12 {
        if let Ok(complete) = ben.hears::<AssistantComplete>().await {
            assert!(!complete.message.content.unwrap().as_str().trim().is_empty());
            return;
        }
    }
    panic!("there is no answer");
}
