"""The rules for OpenAI's wire format, and for the many servers and gateways that speak it.

To support another server, add its code or its words to the rule of the kind, and the refusal as it was sent to
`tests/support/recorded_refusals.py`. The order matters: a refusal that names both the context length and `max_tokens` is about
this input, not about the name of the parameter.
"""

import re
from typing import Final

from semtel_ops.endpoints.refusal.body import plain_code
from semtel_ops.endpoints.refusal.parameters import refused_parameters, refuses_number_of_tokens
from semtel_ops.endpoints.refusal.rules import Refusal, Rule
from semtel_ops.errors import EndpointErrorKind as Kind


def _codes(codes: str) -> frozenset[str]:
    return frozenset(map(plain_code, codes.split()))


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_TOKENS_REQUESTED = re.compile(r"\blimit:?\s*([\d,]{1,15})\b.{0,40}?\brequested:?\s*([\d,]{1,15})\b", re.IGNORECASE)


def _can_never_fit(refusal: Refusal) -> bool:
    """Whether one request needs more tokens than the quota ever has: waiting does not help, a shorter request does."""
    text = refusal.body.text
    if "token" not in text.lower() or not (numbers := _TOKENS_REQUESTED.search(text)):
        return False
    limit, requested = (int(number.replace(",", "") or 0) for number in numbers.groups())
    return requested > limit


def _names_parameter(refusal: Refusal) -> bool:
    return bool(refused_parameters(refusal.body)) or refuses_number_of_tokens(refusal.body)


_REQUEST: Final = frozenset({200, *range(400, 429), *range(430, 500), 500, 501})
"""Statuses with which servers refuse one request; 429, 502 to 504 and 529 are about load."""
_CONTENT: Final = _REQUEST - {401, 402}
_LENGTH: Final = _REQUEST - {401, 402, 403, 404}
_FORM: Final = _REQUEST - {401, 402, 403, 407, 413}

_CONTEXT = (
    r"context[_ -]?(?:length|window|size)|\bn_ctx\b|max_(?:seq_len|model_len|position_embeddings|sequence_length)"
    r"|\b(?:prompt|input) (?:is )?too long|コンテキスト長|컨텍스트 (?:길이|창)|上下文(?:长度|窗口)|longueur (?:du|de) contexte"
    r"|longitud (?:del?|máxima del) contexto|comprimento (?:do|de) contexto|Kontextlänge|длин\w+ контекст"
)

OPENAI_RULES: Final = (
    # The model did not write valid JSON (Groq): the next attempt may.
    Rule(
        Kind.SERVER_ERROR,
        range(400, 500),
        codes=_codes("json_validate_failed tool_use_failed output_parse_failed"),
        fields=frozenset({"failed_generation"}),
        words=_words(r"failed to (?:generate|validate) json"),
    ),
    # No credit, a key that is not valid, an account that is closed, whatever the status.
    Rule(
        Kind.AUTH,
        codes=_codes(
            """insufficient_quota insufficient_balance insufficient_credits insufficient_user_quota exceeded_current_quota_error
            billing_hard_limit_reached billing_not_active budget_exceeded payment_required Arrearage AccountOverdueError 1113
            NOT_ENOUGH_BALANCE SetLimitExceeded organization_restricted blocked_api_access expired_key
            account_deactivated invalid_api_key API_KEY_INVALID authentication_error AccessDenied AccessDeniedException
            ExpiredTokenException UnrecognizedClientException InvalidSignatureException no_db_connection"""
        ),
        words=_words(
            r"insufficient (?:account )?(?:balance|credits?|funds|quota)|credit balance is too low",
            r"balance is insufficient|not enough (?:account )?balance|enter a payment method|used all available credits",
            r"specified api usage limits|usage limit exceeded for the api key|api access has been blocked",
            r"authentication error\b|\blogin fail|expired key|security token included in the request is (?:expired|invalid)",
            r"\b(?:ExpiredToken|UnrecognizedClient|InvalidSignature)Exception\b",
            r"(?:not enough|out of|requires? more|no remaining|never purchased) credits?",
            r"(?:exceeded|reached) .{0,40}(?:spend\w*|billing|budget) (?:hard )?(?:limit|cap)",
            r"budget has been exceeded|exceeded ?budget|crossed budget|over budget",
            r"api[ _]key (?:is )?(?:not valid|invalid|expired)|(?:invalid|incorrect) api[ _]key",
            r"\b(?:account|organi[sz]ation)\b.{0,80}\b(?:deactivated|suspended|disabled|restricted|not active|terminated"
            r"|arrears|good standing|been flagged|must be verified)",
            r"(?:location|country|region|territory)\b.{0,30}not supported",
            r"余额不足|欠费|账户.{0,10}(?:停用|冻结)",
        ),
    ),
    # Gemini has the same words for a quota of zero and, with a time to retry, for a quota that comes back.
    Rule(Kind.AUTH, words=_words(r"quota exceeded for metric[^;]{0,200}\blimit: 0\b")),
    Rule(
        Kind.AUTH,
        words=_words(r"check your plan and billing"),
        unless=_words(r"retry in|quota exceeded for metric|resource_exhausted"),
    ),
    Rule(
        Kind.CONTEXT_LENGTH,
        frozenset({400, 413, 422, 429}),
        words=_words(r"request too large for"),
        holds=_can_never_fit,
        unless=_words(r"\bused:? \d"),
    ),
    # A quota, whatever the status: Bedrock's «too many tokens» is no length.
    Rule(
        Kind.RATE_LIMITED,
        frozenset({200, 400, 403, 413, 424, 500}),
        codes=_codes(
            """rate_limit_exceeded rate_limit_error rate_limit_reached_error userRateLimitExceeded RESOURCE_EXHAUSTED
            REQUEST_LIMIT_EXCEEDED ThrottlingException Throttling Throttling.RateQuota Throttling.AllocationQuota
            TooManyRequests ServiceQuotaExceededException"""
        ),
        words=_words(
            r"wait before trying again|rate limit (?:reached|exceeded)|too many requests|throttl",
            r"quota will be replenished|token quota is exceeded",
        ),
    ),
    # Load, in servers that answer 400 to it.
    Rule(
        Kind.OVERLOADED,
        frozenset({400, 409, 422, 424}),
        words=_words(r"queue is full|\bscaling up\b|\bdegraded function\b|server (?:is )?busy|service is (?:too )?busy"),
    ),
    # A model that went away under the server (LM Studio): the next request may load it again.
    Rule(
        Kind.SERVER_ERROR,
        frozenset({400, 404}),
        words=_words(r"\bmodel unloaded\b|\bmodel has crashed\b|\bmodel crashed\b|\bchannel error\b"),
    ),
    # This input: a filter or a policy.
    Rule(
        Kind.CONTENT_FILTER,
        _CONTENT,
        codes=_codes(
            """content_filter content_filtered content_blocked content_policy_violation ContentPolicyViolationError
            ResponsibleAIPolicyViolation cyber_policy prompt_blocked PROHIBITED_CONTENT safety moderation_blocked invalid_prompt
            data_inspection_failed InternalError.Algo.DataInspectionFailed sensitive_words_detected guardrail_intervened 1301
            input_guardrail_triggered output_guardrail_triggered hooks_failed security_violation risk_control censorship_blocked
            SensitiveContentDetected InputTextSensitiveContentDetected OutputTextSensitiveContentDetected"""
        ),
        fields=frozenset({"flagged_input", "reasons", "filtered", "input_guardrail", "output_guardrail"}),
        words=_words(
            r"(?:prompt|input|request|content|messages?|output|text)\b.{0,30}\b(?:flagged|moderat)|flagged (?:as|by|for)",
            r"content[_ ](?:filter|management polic|polic|moderation|safety)|requires moderation",
            r"(?:usage|acceptable use|safety) (?:polic|guideline)|violat\w+ .{0,40}(?:polic|guideline)",
            r"safety[_ ](?:check|filter|system|setting)|unsafe content|content exists risk|inappropriate content",
            r"(?:blocked|filtered|rejected|refused) (?:by|due to|because of|as a result of) .{0,40}"
            r"(?:filter|safety|moderation|polic|guardrail|prompt)|guardrail|prohibited_content",
            r"\b(?:prompt|input|content|output|response|messages?)\b[^.;]{0,30}\bblocked\b|censor|considered high[- ]risk",
            r"\b(?:risk control|content is not safe)\b|(?<!case[- ])(?<![a-z])sensitive\b",
            r"敏感|违规|违法|不安全|审核|不適切|부적절|유해|Inhaltsfilter|фильтр\w* (?:содерж|контент)|неприемлем",
            r"filtr[eo]s? d[eiou]\w* (?:contenus?|contenidos?|conteúdos?|contenut[io])",
        ),
        unless=_words(r"invalid content filter policy|data policy"),
    ),
    # This input: its length.
    Rule(
        Kind.CONTEXT_LENGTH,
        _LENGTH | {503},
        codes=_codes(
            """context_length_exceeded exceed_context_size_error ContextWindowExceededError tokens_limit_reached
            string_above_max_length model_max_prompt_tokens_exceeded prompt_too_long prompt_limit request_too_large"""
        ),
        words=_words(_CONTEXT),
    ),
    Rule(
        Kind.CONTEXT_LENGTH,
        _LENGTH - {500, 501},
        words=_words(
            r"context[_ -]?limit|input length.{0,30}exceed|range of input length|longer than the (?:model|maximum|specified)",
            r"\b(?:prompt|inputs?|messages?|request|conversation|query|text|body|entity)\b.{0,30}\btoo (?:long|large|big)\b",
            r"\b(?:prompt|inputs?|messages?|request)\b[^.;]{0,60}\bexceed[^.;]{0,60}(?:token|length|limit|maximum)",
            r"inputs?`? (?:must have less|tokens?`? ?\+)|input_tokens ?\+|token count.{0,30}exceed",
            r"(?:requested|prompt|input) tokens.{0,40}exceed|too many (?:input |prompt |total )?tokens",
            r"reduce (?:the length of |your )(?:the |your )?(?:messages?|prompt|inputs?)|member must have length less",
            r"\b(?:prompt|inputs?|messages?) (?:length\b|has \d).{0,40}\b(?:larger|longer|greater|more|higher) than",
            r"total (?:number of )?tokens\b[^.;]{0,60}\bexceed|\bprompt\b[^.;]{0,60}\bexceeds? the model.s capacity",
            r"\Atoken limit\b|maximum (?:allowed |supported )?(?:input|prompt|sequence) (?:length|tokens|size)",
            r"max_tokens must be at least 1, got -",
            r"输入.{0,10}过长|超长|长度超[过出]|超[过出].{0,12}(?:长度|上下文)",
        ),
    ),
    # This deployment, in codes and words.
    Rule(
        Kind.DEPLOYMENT,
        codes=_codes(
            """model_not_found unknown_model invalid_model unavailable_model model_not_available model_not_supported
            model_decommissioned model_deprecated model_terms_required DeploymentNotFound NOT_FOUND OperationNotSupported
            InvalidEndpointOrModel.NotFound ModelNotOpen ResourceNotFoundException 1211"""
        ),
    ),
    Rule(
        Kind.DEPLOYMENT,
        frozenset({200, *range(400, 500)}),
        words=_words(
            r"\bmodel\b.{0,100}\b(?:does not exist|not found|decommissioned|no longer (?:supported|available))",
            r"(?:unknown|no such|invalid|unsupported) model\b(?! (?:output|response|parameter))|not a valid model",
            r"model identifier is invalid|on-demand throughput isn.t supported|does not work with the specified model",
            r"try pulling it first|no models? (?:are |is )?loaded|invalid content filter policy",
        ),
        unless=_words(r"currently|temporarily|try again (?:later|in|shortly)|is loading"),
    ),
    Rule(
        Kind.DEPLOYMENT,
        frozenset({200, *range(400, 500), 501}),
        words=_words(
            r"\bmodel\b.{0,100}\b(?:was removed|end of its life)|is not supported by (?:any )?provider",
            r"模型不存在|模型.{0,8}下线",
            r"no models? (?:are |is )?(?:currently )?loaded|\bdoes not support (?:chat|completions?|generate)\b",
            r"\bendpoint is paused\b|plain http request was sent to https port|could not route to\b",
        ),
        unless=_words(r"response_format|json_(?:schema|object)|json mode"),
    ),
    # The form of this request.
    Rule(Kind.UNSUPPORTED, _FORM, holds=_names_parameter),
    Rule(Kind.DEPLOYMENT, frozenset({301, 302, 303, 307, 308, 404, 405, 410})),
    Rule(Kind.AUTH, frozenset({401, 402, 403, 407})),
    # Load, quota and time. 498: Groq's flex tier; 529: Anthropic.
    Rule(Kind.OVERLOADED, frozenset({498, 503, 529})),
    Rule(
        Kind.OVERLOADED,
        frozenset({200, 429, *range(500, 600)}),
        codes=_codes(
            """overloaded overloaded_error engine_overloaded_error server_overloaded resource_unavailable capacity_exceeded
            queue_exceeded 1305 no_capacity UNAVAILABLE ServiceUnavailableException ModelNotReadyException"""
        ),
        words=_words(r"capacity|overloaded|engine is currently|temporarily|resource_unavailable|is (?:currently )?loading"),
    ),
    # Unavailable for legal reasons (StepFun): what was said.
    Rule(Kind.CONTENT_FILTER, frozenset({451})),
    Rule(Kind.RATE_LIMITED, frozenset({429})),
    Rule(Kind.TIMEOUT, frozenset({408})),
    # Failed dependency (TGI: «request failed during generation»), too early, and a proxy whose client or server hung up.
    Rule(Kind.SERVER_ERROR, frozenset({424, 425, 499})),
    Rule(Kind.CONTEXT_LENGTH, frozenset({413, 414})),
)
"""The first rule that applies decides."""
