// Generated from the server's protocol by `npm run generate`. Not to be edited.

export interface paths {
    "/api/v1/assistants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The machines that one may ask, and the hosts that answer. */
        get: operations["listAssistants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attachments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of a message, whole or in a range. */
        get: operations["getAttachment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which ways in there are, for a page that is about to offer one. */
        get: operations["seeWaysIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in with an account of this server's own. What it takes to go on is kept in a cookie. */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End the login of the cookie, and its open sockets; everywhere, if that is wanted. */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Another password for one's own account. All its other logins end. */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The next access token of a login, by its cookie. */
        post: operations["refreshLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's consultations, for staff all of them, the newest first. */
        get: operations["listConsultations"];
        put?: never;
        /** Make a consultation. */
        post: operations["createConsultation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A consultation, as far as one may see it. */
        get: operations["seeConsultation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change the terms of a consultation. */
        patch: operations["amendConsultation"];
        trace?: never;
    };
    "/api/v1/consultations/{id}/attachments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring a file into the room, for a message to name: one part `file` of a form. What no message names in time is deleted. */
        post: operations["addAttachment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Call it off. */
        post: operations["cancelConsultation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End it, for everyone who is in it. */
        post: operations["endConsultation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The room's log: what a client without a socket polls. */
        get: operations["readEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a link that works without an account. */
        post: operations["invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write to everyone in the room; answered when it is stored. */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/no-show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Note that the patient did not come. */
        post: operations["noteNoShow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/participants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give somebody a part: an interpreter, a carer, a second doctor. */
        post: operations["addParticipant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/participants/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take somebody's part away, in the call and the chat too. */
        delete: operations["removeParticipant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The recordings of a visit. */
        get: operations["listRecordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/consultations/{id}/reopen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on after all, within a while of its end. */
        post: operations["reopenConsultation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's conversations, those with the newest messages first. */
        get: operations["listConversations"];
        put?: never;
        /** Begin a conversation with an assistant. */
        post: operations["createConversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A conversation of one's own. */
        get: operations["seeConversation"];
        put?: never;
        post?: never;
        /** Delete it, with everything that was said in it. */
        delete: operations["deleteConversation"];
        options?: never;
        head?: never;
        /** Call it something else. */
        patch: operations["renameConversation"];
        trace?: never;
    };
    "/api/v1/conversations/{id}/attachments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring a file into the conversation, for a message to name. No assistant is given it; it goes with the conversation. */
        post: operations["addConversationAttachment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its log: what a client without a socket polls. */
        get: operations["readConversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Come in by a link; the first device that does keeps it. */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who one is here. */
        get: operations["seeMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is connected. */
        get: operations["listOwnSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a session of one's own. */
        delete: operations["endOwnSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A recording, who has agreed to it, and what can be played of it. */
        get: operations["seeRecording"];
        put?: never;
        post?: never;
        /** Delete a recording for good: its key first. */
        delete: operations["deleteRecording"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{id}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of a recording, whole or in a range. */
        get: operations["getRecordingMedia"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recordings/{id}/play": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let this browser's player fetch a recording, by a cookie that is good for a while. */
        post: operations["playRecording"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People of a role whom one may see, and how they can be reached. */
        get: operations["listUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A link that is held out. */
        Accept: {
            /**
             * @description What the first acceptance answered, from the same device.
             * @default null
             */
            deviceKey?: components["schemas"]["Token"] | null;
            /** @description The link's secret. */
            token: components["schemas"]["Token"];
        };
        /** @description A recording may be played in this browser, which is given a cookie for it. */
        Admitted: {
            /** @description Until when. Ask again before. */
            expiresAt: components["schemas"]["Timestamp"];
        };
        /** @description What a message of an assistant's carries besides its words. */
        AnswerMark: {
            /** @description Who answers. */
            assistantId: components["schemas"]["AssistantId"];
            /** @description Why it is not complete. */
            error?: components["schemas"]["Refusal"] | null;
            /** @description The host that has answered. */
            host: string;
            /** @description Where the answer stands: never `streaming`. */
            state: components["schemas"]["AnswerState"];
        };
        /** @description Where an answer stands. */
        AnswerState: "streaming" | "complete" | "interrupted" | "failed" | "cancelled";
        /** @description An assistant that may be asked, as `GET /api/v1/assistants` lists it. */
        Assistant: {
            /**
             * Format: uint32
             * @description How many messages of the room, the question among them, go there with each question.
             */
            contextMessages: number;
            /** @description What it is for, by language. */
            description: {
                [key: string]: string;
            };
            /** @description The host that answers: what is asked goes there. */
            host: string;
            /** @description Its id. */
            id: components["schemas"]["AssistantId"];
            /** @description Whether doctors may let it into consultations. */
            inConsultations: boolean;
            /** @description What it is called, by language (BCP 47). */
            name: {
                [key: string]: string;
            };
            /**
             * Format: uint32
             * @description Questions that one person may ask it in a day.
             */
            questionsPerDay: number;
            /** @description Who may ask it. */
            roles: components["schemas"]["Role"][];
        };
        AssistantId: string;
        /** @description The assistants that one may ask. */
        AssistantList: {
            /** @description All of them. */
            items: components["schemas"]["Assistant"][];
            /** @description Always `null`: there is only a handful. */
            next?: string | null;
        };
        /** @description Whether an assistant may be asked in a consultation. */
        AssistantUse: "off" | "awaiting_consent" | "on" | "refused";
        /** @description A file of a message. */
        Attachment: {
            /**
             * Format: uint64
             * @description Its size.
             */
            bytes: number;
            /** @description Its media type. */
            contentType: string;
            /** @description Its id. */
            id: components["schemas"]["AttachmentId"];
            /** @description What it is called. */
            name: components["schemas"]["Name"];
        };
        AttachmentId: string;
        /** @description Why a visit is called off. */
        Cancellation: {
            /**
             * @description Why.
             * @default null
             */
            reason?: components["schemas"]["Reason"] | null;
        };
        /** @description A message. */
        ChatMessage: {
            /** @description Whose words they are, where an assistant wrote them (`kind` is `assistant`). */
            answer?: components["schemas"]["AnswerMark"] | null;
            /** @description Files. */
            attachments: components["schemas"]["Attachment"][];
            /** @description What its sender calls it. */
            clientMessageId: components["schemas"]["ClientMessageId"];
            /** @description What it says; `null` once it was redacted. */
            content?: components["schemas"]["Passage"] | null;
            /** @description Its id. */
            id: components["schemas"]["MessageId"];
            /** @description What it is. */
            kind: components["schemas"]["MessageKind"];
            /** @description The message that it answers. */
            replyTo?: components["schemas"]["MessageId"] | null;
            /** @description The room. */
            roomId: components["schemas"]["RoomId"];
            /** @description Who wrote it. */
            senderId: components["schemas"]["UserId"];
            /** @description What they were called then. */
            senderName?: components["schemas"]["Name"] | null;
            /** @description What they were then. */
            senderRole: components["schemas"]["Role"];
            /** @description When it was stored. */
            sentAt: components["schemas"]["Timestamp"];
            /**
             * Format: uint64
             * @description Its place in the log.
             * @default 0
             */
            seq?: number;
        };
        /** @description The message is stored. */
        ChatSent: {
            /** @description Whether it had been stored before under the same `clientMessageId`. */
            duplicate: boolean;
            /** @description As everyone hears it. */
            message: components["schemas"]["ChatMessage"];
        };
        ChatText: string;
        ClientMessageId: string;
        /**
         * @description The reason of a refusal, for programs.
         * @enum {string}
         */
        Code: "malformed" | "unknown_event" | "token_missing" | "token_invalid" | "token_expired" | "token_not_yet_valid" | "credentials_invalid" | "not_found" | "forbidden" | "not_joined" | "waiting" | "conflict" | "stale_negotiation" | "invalid_sdp" | "invalid_candidate" | "too_large" | "rate_limited" | "overloaded" | "draining" | "unavailable" | "storage_full" | "consent_required" | "ended" | "internal";
        /** @description Somebody's decision. */
        ConsentGiven: {
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            /** @description What it is. */
            decision: components["schemas"]["Decision"];
            /** @description The version of the text that they were shown. */
            textVersion: string;
            /** @description Whose. */
            userId: components["schemas"]["UserId"];
        };
        /** @description A visit. */
        Consultation: {
            /** @description When it was made. */
            createdAt: components["schemas"]["Timestamp"];
            /** @description Its doctor. */
            doctorId: components["schemas"]["UserId"];
            /** @description When it was over. */
            endedAt?: components["schemas"]["Timestamp"] | null;
            /** @description Which ICE candidates are let through. */
            icePolicy: components["schemas"]["IcePolicy"];
            /** @description Its id, and its room's. */
            id: components["schemas"]["RoomId"];
            /** @description Everyone with a part in it. */
            participants: components["schemas"]["Participant"][];
            /** @description Its patient. */
            patientId: components["schemas"]["UserId"];
            /** @description What it is about. */
            reason?: components["schemas"]["Reason"] | null;
            /** @description Who may record. */
            recordingPolicy: components["schemas"]["RecordingPolicy"];
            /** @description When it shall be. */
            scheduledAt?: components["schemas"]["Timestamp"] | null;
            /** @description When doctor and patient met. */
            startedAt?: components["schemas"]["Timestamp"] | null;
            /** @description Where it stands. */
            status: components["schemas"]["Status"];
            /**
             * Format: int64
             * @description Grows with each change.
             */
            version: number;
            /** @description Whether all but doctors wait to be admitted. */
            waitingRoom: boolean;
        };
        /** @description A conversation of one person with one assistant. */
        Conversation: {
            /** @description With which assistant. */
            assistantId: components["schemas"]["AssistantId"];
            /** @description When it was made. */
            createdAt: components["schemas"]["Timestamp"];
            /** @description Its id, and its room's. */
            id: components["schemas"]["RoomId"];
            /** @description What was said last, by either. */
            lastMessage?: components["schemas"]["LastMessage"] | null;
            /**
             * Format: uint64
             * @description The room's newest event.
             */
            lastSeq: number;
            /** @description What its owner calls it. */
            title?: components["schemas"]["Title"] | null;
            /**
             * Format: uint64
             * @description The assistant's messages that its owner has not seen.
             */
            unread: number;
            /** @description When something was said last, or it was renamed. Lists are ordered by it. */
            updatedAt: components["schemas"]["Timestamp"];
        };
        /** @description A page of conversations, those with the newest messages first. */
        ConversationList: {
            /** @description The conversations. */
            items: components["schemas"]["Conversation"][];
            /** @description The `cursor` of the next page, if there is one. */
            next?: string | null;
        };
        /** @description Somebody who wants to come in. */
        Credentials: {
            /** @description Their password. */
            password: components["schemas"]["Password"];
            /** @description What they log in as. */
            username: string;
        };
        /** @description What somebody says to being recorded. */
        Decision: "given" | "refused" | "withdrawn";
        /** @description How a visit ends. */
        Ending: {
            /**
             * @description What to note.
             * @default null
             */
            outcome?: components["schemas"]["Reason"] | null;
        };
        /** @description Which ICE candidates are let through. */
        IcePolicy: "all" | "relay";
        /** @description Somebody who is to come without an account. */
        Invite: {
            /**
             * Format: uint64
             * @description How long the link is good.
             * @default null
             */
            expiresInMs?: number | null;
            /**
             * @description What they are called.
             * @default null
             */
            name?: components["schemas"]["Name"] | null;
            /** @description As what: `guest`, or `patient` for the visit's own patient. */
            role: components["schemas"]["Role"];
        };
        /** @description What was said last, for a list. */
        LastMessage: {
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            /** @description Whether the assistant said it. */
            byAssistant: boolean;
            /** @description How it begins, as plain text on one line: at most 120 characters; empty where it was taken back. */
            excerpt: components["schemas"]["Passage"];
            /**
             * Format: uint64
             * @description Its place in the log.
             */
            seq: number;
        };
        /** @description A link to hand on. It is shown once. */
        Link: {
            /** @description Until when it is good. */
            expiresAt: components["schemas"]["Timestamp"];
            /** @description The secret in it. */
            token: components["schemas"]["Token"];
            /** @description The link. */
            url: string;
        };
        /** @description A page of a room's log, oldest first. */
        LogPage: {
            /** @description Whether this is all that there is after `afterSeq`. */
            complete: boolean;
            /** @description The events. */
            items: components["schemas"]["RoomEvent"][];
            /**
             * Format: uint64
             * @description The `afterSeq` of the next page, if there is one already.
             */
            next?: number | null;
        };
        /** @description Somebody who is in. A cookie with which to ask for the next access token comes beside it. */
        LoggedIn: {
            /** @description The token for REST and sockets. */
            accessToken: components["schemas"]["Token"];
            /** @description Until when it is good. */
            expiresAt: components["schemas"]["Timestamp"];
            /** @description Who they are. */
            user: components["schemas"]["User"];
        };
        /** @description They are out. */
        LoggedOut: Record<string, never>;
        /** @description How far to log out. */
        Logout: {
            /**
             * @description Whether every login of theirs ends, on all devices.
             * @default false
             */
            everywhere?: boolean;
        };
        /** @description Who one is here. */
        Me: {
            /** @description The only consultation that the token opens, where it opens one only. */
            consultationId?: components["schemas"]["RoomId"] | null;
            /** @description Who. */
            id: components["schemas"]["UserId"];
            /** @description What they are called. */
            name?: components["schemas"]["Name"] | null;
            /** @description What they are. */
            role: components["schemas"]["Role"];
        };
        MessageId: string;
        /** @description What a message is. */
        MessageKind: "text" | "file" | "system" | "assistant";
        Name: string;
        /** @description A visit to be made. */
        NewConsultation: {
            /** @description Its doctor. */
            doctorId: components["schemas"]["UserId"];
            /**
             * @description Which ICE candidates are let through.
             * @default all
             */
            icePolicy?: components["schemas"]["IcePolicy"];
            /** @description Its patient. */
            patientId: components["schemas"]["UserId"];
            /**
             * @description What the patient is called, where they have no account that says so.
             * @default null
             */
            patientName?: components["schemas"]["Name"] | null;
            /**
             * @description What it is about.
             * @default null
             */
            reason?: components["schemas"]["Reason"] | null;
            /**
             * @description Who may record.
             * @default on_request
             */
            recordingPolicy?: components["schemas"]["RecordingPolicy"];
            /**
             * @description When it shall be.
             * @default null
             */
            scheduledAt?: components["schemas"]["Timestamp"] | null;
            /**
             * @description Whether all but doctors wait to be admitted.
             * @default true
             */
            waitingRoom?: boolean;
        };
        /** @description A conversation to be made. */
        NewConversation: {
            /** @description With which assistant. */
            assistantId: components["schemas"]["AssistantId"];
            /**
             * @description What it is called.
             * @default null
             */
            title?: components["schemas"]["Title"] | null;
        };
        /** @description A message, as `chat:send_message` has it. */
        NewMessage: {
            /**
             * @description Files that were uploaded before.
             * @default []
             */
            attachmentIds?: components["schemas"]["AttachmentId"][];
            /**
             * @description The same for every retry of this message; without it a retry is a new message.
             * @default null
             */
            clientMessageId?: components["schemas"]["ClientMessageId"] | null;
            /** @description What to say. */
            content: components["schemas"]["ChatText"];
            /**
             * @description The message that this one answers.
             * @default null
             */
            replyTo?: components["schemas"]["MessageId"] | null;
        };
        /** @description Somebody who is given a part: an interpreter, a carer, a second doctor. */
        NewParticipant: {
            /**
             * @description What they are called.
             * @default null
             */
            name?: components["schemas"]["Name"] | null;
            /**
             * @description As what: `guest` or `doctor`.
             * @default guest
             */
            role?: components["schemas"]["Role"];
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        };
        /** Format: password */
        NewPassword: string;
        /** @description New terms of a visit; what is left away stays. */
        NewTerms: {
            /**
             * @description Which ICE candidates are let through.
             * @default null
             */
            icePolicy?: components["schemas"]["IcePolicy"] | null;
            /**
             * @description What it is about; `null` takes it away.
             * @default null
             */
            reason?: components["schemas"]["Reason"] | null;
            /**
             * @description Who may record.
             * @default null
             */
            recordingPolicy?: components["schemas"]["RecordingPolicy"] | null;
            /**
             * @description When it shall be; `null`: not known.
             * @default null
             */
            scheduledAt?: components["schemas"]["Timestamp"] | null;
            /**
             * @description Whether all but doctors wait to be admitted.
             * @default null
             */
            waitingRoom?: boolean | null;
        };
        /** @description Another title. */
        NewTitle: {
            /**
             * @description What it is called from now on; `null` takes the title away.
             * @default null
             */
            title?: components["schemas"]["Title"] | null;
        };
        /** @description A session of one's own. */
        OwnSession: {
            /** @description Whether it is connected now; else it waits for its client to come back. */
            connected: boolean;
            /** @description Its id. */
            id: components["schemas"]["SessionId"];
            /** @description What it is in calls. */
            peerId: components["schemas"]["PeerId"];
            /** @description The rooms that it has joined. */
            rooms: components["schemas"]["RoomId"][];
            /** @description Since when it is. */
            since: components["schemas"]["Timestamp"];
        };
        /** @description One's sessions. */
        OwnSessions: {
            /** @description All of them. */
            items: components["schemas"]["OwnSession"][];
            /** @description Always `null`: one has only a handful. */
            next?: string | null;
        };
        /** @description Someone with a part in a consultation. */
        Participant: {
            /** @description Whether they may enter the call without waiting. */
            admitted: boolean;
            /** @description What they are called. */
            name?: components["schemas"]["Name"] | null;
            /** @description Their part. */
            role: components["schemas"]["Role"];
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        };
        Passage: string;
        /** Format: password */
        Password: string;
        /** @description Another password. */
        PasswordChange: {
            /** @description The one that it is. */
            current: components["schemas"]["Password"];
            /** @description The one that it shall be. */
            new: components["schemas"]["NewPassword"];
        };
        PeerId: string;
        /** @description Whether a person can be reached. */
        PresenceStatus: "available" | "busy" | "away" | "in_consultation" | "offline";
        /** @description The body of a problem. */
        Problem: {
            /** @description What is wrong, for programs: the same codes as on the socket. */
            code: components["schemas"]["Code"];
            /** @description What is wrong, for people. */
            detail: string;
            /** @description The field that is wrong. */
            field?: string | null;
            /** @description Finds the cause in the server's log. */
            incident?: string | null;
            /**
             * Format: uint64
             * @description When to try again.
             */
            retryAfterMs?: number | null;
            /**
             * Format: uint16
             * @description The HTTP status.
             */
            status: number;
            /** @description The status, for people. */
            title: string;
            /** @description Names the kind of problem. */
            type: string;
            /**
             * Format: int64
             * @description The version that the consultation has now.
             */
            version?: number | null;
        };
        Reason: string;
        /** @description A recording of a visit. */
        Recording: {
            /** @description Whether only sound is recorded. */
            audioOnly: boolean;
            /**
             * Format: uint64
             * @description How long it is, in milliseconds, pauses included; of one that runs: how long it was at its last change.
             */
            durationMs: number;
            /** @description Its id. */
            id: components["schemas"]["RecordingId"];
            /** @description Who has yet to answer. */
            missing: components["schemas"]["UserId"][];
            /** @description Why it stands where it does. */
            reason?: components["schemas"]["RecordingReason"] | null;
            /** @description Who agrees, and is recorded while it runs. */
            recorded: components["schemas"]["UserId"][];
            /** @description When it was asked for. */
            requestedAt: components["schemas"]["Timestamp"];
            /** @description Who asked for it. */
            requestedBy: components["schemas"]["UserId"];
            /** @description When the first recording began. */
            startedAt?: components["schemas"]["Timestamp"] | null;
            /** @description Where it stands. */
            state: components["schemas"]["RecordingState"];
            /** @description The version of the text that people agree to. */
            textVersion: string;
        };
        /** @description A recording with what is kept of it, as REST gives it. */
        RecordingDetails: {
            /** @description Whether only sound is recorded. */
            audioOnly: boolean;
            /** @description Everybody's decisions, oldest first. */
            consents: components["schemas"]["ConsentGiven"][];
            /** @description Its consultation. */
            consultationId: components["schemas"]["RoomId"];
            /**
             * Format: uint64
             * @description How long it is, in milliseconds, pauses included; of one that runs: how long it was at its last change.
             */
            durationMs: number;
            /** @description When it will be deleted; none: when somebody does it. */
            expiresAt?: components["schemas"]["Timestamp"] | null;
            /** @description What can be played, in the order of legs and parts. */
            files: components["schemas"]["RecordingFile"][];
            /** @description Its id. */
            id: components["schemas"]["RecordingId"];
            /** @description Who has yet to answer. */
            missing: components["schemas"]["UserId"][];
            /** @description Why it stands where it does. */
            reason?: components["schemas"]["RecordingReason"] | null;
            /** @description Who agrees, and is recorded while it runs. */
            recorded: components["schemas"]["UserId"][];
            /** @description When it was asked for. */
            requestedAt: components["schemas"]["Timestamp"];
            /** @description Who asked for it. */
            requestedBy: components["schemas"]["UserId"];
            /** @description When the first recording began. */
            startedAt?: components["schemas"]["Timestamp"] | null;
            /** @description Where it stands. */
            state: components["schemas"]["RecordingState"];
            /** @description The version of the text that people agree to. */
            textVersion: string;
        };
        /** @description One file of a recording: what one participant sent, for as long as codec and connection stayed the same. */
        RecordingFile: {
            /**
             * Format: uint64
             * @description Its size.
             */
            bytes: number;
            /** @description Its codecs, as `vp8` and `opus`. */
            codecs: string[];
            /** @description `video/webm`, `audio/webm` or `video/x-matroska`. */
            contentType: string;
            /**
             * Format: uint64
             * @description How long it is, in milliseconds.
             */
            durationMs: number;
            /** @description The leg: one participant's connection to the recorder. */
            leg: string;
            /** @description What they were called. */
            name?: components["schemas"]["Name"] | null;
            /**
             * Format: uint32
             * @description The part of the leg, from 0.
             */
            part: number;
            /** @description Whether it was rescued after the recorder had died. */
            recovered: boolean;
            /** @description Their part in the visit. */
            role?: components["schemas"]["Role"] | null;
            /**
             * Format: uint64
             * @description When it begins, in milliseconds after the recording's start.
             */
            startsAtMs: number;
            /** @description Where it is played from; ranges are understood. */
            url: string;
            /** @description Whose media it is. */
            userId: components["schemas"]["UserId"];
        };
        RecordingId: string;
        /** @description Who may record. */
        RecordingPolicy: "never" | "on_request";
        /** @description Why a recording stands where it does. */
        RecordingReason: "stopped_by_doctor" | "refused" | "withdrawn" | "somebody_joined" | "no_answer" | "everybody_left" | "visit_ended" | "too_long" | "disk_full" | "recorder_lost" | "recorder_failed" | "storage_failed";
        /** @description Where a recording stands. */
        RecordingState: "awaiting_consent" | "recording" | "paused" | "stopped" | "failed" | "ready";
        /** @description The recordings of a visit. */
        Recordings: {
            /** @description Oldest first. */
            items: components["schemas"]["Recording"][];
            /** @description Always `null`: a visit has only a handful. */
            next?: string | null;
        };
        /** @description A refusal: `{ "code", "message", … }`, the same on the socket and in HTTP problems. */
        Refusal: {
            /** @description The reason, for programs. */
            code: components["schemas"]["Code"];
            /** @description The field that was wrong, with `malformed`. */
            field?: string | null;
            /** @description Finds the cause in the server's log, with `internal`. */
            incident?: string | null;
            /** @description The reason, for people. */
            message: string;
            /**
             * Format: uint64
             * @description The newest negotiation, with `stale_negotiation`.
             */
            negotiation?: number | null;
            /**
             * Format: uint64
             * @description When to try again, with `rate_limited`, `overloaded`, `draining` and `unavailable`.
             */
            retryAfterMs?: number | null;
            /**
             * Format: int64
             * @description The version that it has now, with `conflict`.
             */
            version?: number | null;
        };
        /** @description What a person is, everywhere. What they may do in a consultation depends on their part in it. */
        Role: "doctor" | "patient" | "staff" | "guest" | "recorder";
        /** @description A row of the room's log, as join, history and REST give it. */
        RoomEvent: {
            /** @description When it happened. */
            at: components["schemas"]["Timestamp"];
            /** @description Who did it; absent where it was the server. */
            by?: components["schemas"]["UserId"] | null;
            /**
             * Format: uint64
             * @description Its place: 1, 2, 3 … without a hole.
             */
            seq: number;
        } & ({
            /** @constant */
            kind: "message";
            /** @description What. */
            message: components["schemas"]["ChatMessage"];
        } | {
            /** @constant */
            kind: "redaction";
            /** @description Which message. */
            messageId: components["schemas"]["MessageId"];
            /** @description Why. */
            reason?: components["schemas"]["Reason"] | null;
        } | {
            /** @constant */
            kind: "added";
            /** @description What they are called. */
            name?: components["schemas"]["Name"] | null;
            /** @description As what. */
            role: components["schemas"]["Role"];
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        } | {
            /** @constant */
            kind: "admitted";
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        } | {
            /** @constant */
            kind: "denied";
            /** @description Why. */
            reason?: components["schemas"]["Reason"] | null;
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        } | {
            /** @constant */
            kind: "held";
            /** @description Why. */
            reason?: components["schemas"]["Reason"] | null;
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        } | {
            /** @constant */
            kind: "removed";
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        } | {
            /** @constant */
            kind: "started";
        } | {
            /** @constant */
            kind: "ended";
            /** @description What the doctor noted. */
            outcome?: components["schemas"]["Reason"] | null;
            /** @description Why, where the server ended it: `abandoned`. */
            reason?: components["schemas"]["Reason"] | null;
        } | {
            /** @constant */
            kind: "cancelled";
            /** @description Why. */
            reason?: components["schemas"]["Reason"] | null;
        } | {
            /** @constant */
            kind: "no_show";
        } | {
            /** @constant */
            kind: "reopened";
        } | {
            /** @description What they have decided. */
            decision: components["schemas"]["Decision"];
            /** @constant */
            kind: "consent";
            /** @description The recording. */
            recordingId: components["schemas"]["RecordingId"];
            /** @description The version of the text that they were shown. */
            textVersion: string;
        } | {
            /** @constant */
            kind: "recording";
            /** @description The recording. */
            recording: components["schemas"]["Recording"];
        } | {
            /** @constant */
            kind: "recording_deleted";
            /** @description The recording. */
            recordingId: components["schemas"]["RecordingId"];
        } | {
            /** @description Which. */
            assistantId: components["schemas"]["AssistantId"];
            /** @constant */
            kind: "assistant";
            /** @description Where its use stands now. */
            state: components["schemas"]["AssistantUse"];
        } | {
            /** @description Which. */
            assistantId: components["schemas"]["AssistantId"];
            /** @description What they have decided. */
            decision: components["schemas"]["Decision"];
            /** @constant */
            kind: "assistant_consent";
            /** @description The version of the text that they were shown. */
            textVersion: string;
        } | {
            /** @constant */
            kind: "deleted";
        });
        RoomId: string;
        SessionId: string;
        /** @description Where a consultation stands. */
        Status: "scheduled" | "waiting" | "in_progress" | "completed" | "cancelled" | "no_show";
        /** @description Statuses, separated by commas. */
        Statuses: string;
        /** @description Something that stands in a query as text. */
        Text: string;
        /** Format: date-time */
        Timestamp: string;
        Title: string;
        /** @description A bearer token on its way in. `Debug` shows nothing of it. */
        Token: string;
        /** @description A person. */
        User: {
            /** @description Their id. */
            id: components["schemas"]["UserId"];
            /** @description What they are called. */
            name?: components["schemas"]["Name"] | null;
            /** @description What they are. */
            role: components["schemas"]["Role"];
        };
        UserId: string;
        /** @description A page of people, in the order of their ids. */
        UserList: {
            /** @description The people. */
            items: components["schemas"]["UserPresence"][];
            /** @description The `cursor` of the next page, if there may be one. */
            next?: components["schemas"]["UserId"] | null;
        };
        /** @description A person and how they can be reached. */
        UserPresence: {
            /** @description When they were last connected; absent while they are. */
            lastSeenAt?: components["schemas"]["Timestamp"] | null;
            /** @description What they are called. */
            name?: components["schemas"]["Name"] | null;
            /** @description What they are. */
            role: components["schemas"]["Role"];
            /** @description How they can be reached. */
            status: components["schemas"]["PresenceStatus"];
            /** @description Who. */
            userId: components["schemas"]["UserId"];
        };
        /** @description A page of visits, the newest first. */
        VisitList: {
            /** @description The visits. */
            items: components["schemas"]["Consultation"][];
            /** @description The `cursor` of the next page, if there is one. */
            next?: string | null;
        };
        /** @description The way in. Keep the device key: the link opens to nobody else from now on. */
        WayIn: {
            /** @description The token for REST and sockets; it opens this consultation only. */
            accessToken: components["schemas"]["Token"];
            /** @description What it opens. */
            consultationId: components["schemas"]["RoomId"];
            /** @description To be sent along when the link is accepted again. */
            deviceKey: components["schemas"]["Token"];
            /** @description Until when it is good. */
            expiresAt: components["schemas"]["Timestamp"];
            /** @description Who one is there. */
            user: components["schemas"]["User"];
        };
        /** @description Which ways in there are. */
        WaysIn: {
            /** @description Whether somebody can log in with a name and a password of this server's own. */
            accounts: boolean;
        };
    };
    responses: {
        /** @description Refused; `code` says why. */
        problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAssistants: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssistantList"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    getAttachment: {
        parameters: {
            query?: never;
            header?: {
                /** @description One range of bytes; several are answered with the whole file. */
                Range?: string;
                /** @description The `ETag` of what the range shall belong to. */
                "If-Range"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The file */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description It is the one that was named */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["problem"];
        };
    };
    seeWaysIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaysIn"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Logout"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedOut"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["problem"];
        };
    };
    refreshLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoggedIn"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    listConsultations: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                cursor?: components["schemas"]["Text"] | null;
                /** @description Only those at this time or later. */
                from?: components["schemas"]["Timestamp"] | null;
                /** @description How many at the most. */
                limit?: number | null;
                /** @description Only those that stand at one of these, separated by commas. */
                status?: components["schemas"]["Statuses"] | null;
                /** @description Only those before this time. */
                to?: components["schemas"]["Timestamp"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VisitList"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    createConsultation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewConsultation"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    seeConsultation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    amendConsultation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what was seen; another version is refused with 412. */
                "If-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewTerms"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    addAttachment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    file: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attachment"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    cancelConsultation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what was seen; another version is refused with 412. */
                "If-Match"?: string;
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Cancellation"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    endConsultation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what was seen; another version is refused with 412. */
                "If-Match"?: string;
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Ending"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    readEvents: {
        parameters: {
            query?: {
                /** @description Events after this one; without it, from the first. */
                afterSeq?: number | null;
                /** @description How many at the most. */
                limit?: number | null;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    invite: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Invite"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    sendMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMessage"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChatSent"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    noteNoShow: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what was seen; another version is refused with 412. */
                "If-Match"?: string;
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    addParticipant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewParticipant"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    removeParticipant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    listRecordings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recordings"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    reopenConsultation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what was seen; another version is refused with 412. */
                "If-Match"?: string;
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consultation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    listConversations: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                cursor?: components["schemas"]["Text"] | null;
                /** @description How many at the most. */
                limit?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationList"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    createConversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewConversation"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    seeConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    deleteConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["problem"];
        };
    };
    renameConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewTitle"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    addConversationAttachment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same for every retry of this request: it is done once. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    file: string;
                };
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attachment"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    readConversation: {
        parameters: {
            query?: {
                /** @description Events after this one; without it, from the first. */
                afterSeq?: number | null;
                /** @description How many at the most. */
                limit?: number | null;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Accept"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WayIn"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    seeMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    listOwnSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnSessions"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    endOwnSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["problem"];
        };
    };
    seeRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingDetails"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    deleteRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["problem"];
        };
    };
    getRecordingMedia: {
        parameters: {
            query?: {
                /** @description The leg, as the recording names it. */
                leg?: string;
                /** @description The part of it; the first, if none is named. */
                part?: number | null;
            };
            header?: {
                /** @description One range of bytes; several are answered with the whole file. */
                Range?: string;
                /** @description The `ETag` of what the range shall belong to. */
                "If-Range"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description The file */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "*/*": string;
                };
            };
            /** @description It is the one that was named */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["problem"];
        };
    };
    playRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Admitted"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                cursor?: components["schemas"]["UserId"] | null;
                /** @description How many at the most. */
                limit?: number | null;
                /** @description Those of this role; without it, doctors. */
                role?: components["schemas"]["Role"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
            default: components["responses"]["problem"];
        };
    };
}
