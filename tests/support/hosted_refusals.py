"""More refusals as hosted providers, gateways and local servers have sent them; see `recorded_refusals`.

Where no public thread shows the whole body, the source is the provider's page of error codes.
"""

from typing import Any

from semtel_ops.errors import EndpointErrorKind as Kind
from tests.support.recorded_refusals import FORMAT, SEED, TEMPERATURE, Shape

SYSTEM = ("system_role",)


def _error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def _minimax(code: int, message: str) -> dict[str, Any]:
    return {"id": "c", "choices": None, "base_resp": {"status_code": code, "status_msg": message}}


_GUARDRAIL = '{"input_guardrail":[{"flagged":true}],"finishReason":"input_guardrail_triggered"}'

_INPUT = [
    Shape("moonshot", 400, _error("The request was rejected because it was considered high risk", type="invalid_request_error"),
          Kind.CONTENT_FILTER, "666ghj/BettaFish#228"),
    Shape("minimax", 422, _error("input new_sensitive (1026)"), Kind.CONTENT_FILTER, "esengine/DeepSeek-Reasonix#6818"),
    Shape("minimax", 200, _minimax(1026, "input new_sensitive"), Kind.CONTENT_FILTER, "platform.minimax.io: error codes"),
    Shape("ernie", 200, {"error_code": 336104, "error_msg": "user message content is not safe"},
          Kind.CONTENT_FILTER, "cloud.baidu.com: error codes"),
    Shape("stepfun", 451, _error("The content you provided or machine outputted is blocked.", type="censorship_blocked"),
          Kind.CONTENT_FILTER, "platform.stepfun.com: error codes"),
    Shape("cloudflare", 424, {"success": False, "error": [{"code": 2016, "message": "Prompt blocked due to security configurations"}]},
          Kind.CONTENT_FILTER, "developers.cloudflare.com: AI gateway guardrails"),
    Shape("databricks", 400, {"error_code": "BAD_REQUEST", "message": _GUARDRAIL},
          Kind.CONTENT_FILTER, "docs.databricks.com: AI gateway guardrails"),
    Shape("portkey", 446, _error("The guardrail checks defined in the config failed.", type="hooks_failed"),
          Kind.CONTENT_FILTER, "portkey.ai: guardrails"),
    Shape("kong", 400, _error("bad request: prompt pattern is blocked"), Kind.CONTENT_FILTER, "developer.konghq.com: AI prompt guard"),
    Shape("vertex", 400, _error("Prompt was blocked by Model Armor", code=400), Kind.CONTENT_FILTER, "cloud.google.com: Model Armor"),
    Shape("gateway", 400, _error("Die Anfrage wurde vom Inhaltsfilter blockiert"), Kind.CONTENT_FILTER, "words in German"),
    Shape("gateway", 400, _error("La requête a été bloquée par le filtre de contenu"), Kind.CONTENT_FILTER, "words in French"),
    Shape("gateway", 400, _error("La solicitud fue bloqueada por el filtro de contenido"), Kind.CONTENT_FILTER, "words in Spanish"),
    Shape("gateway", 400, _error("Запрос заблокирован фильтром содержимого"), Kind.CONTENT_FILTER, "words in Russian"),
    Shape("gateway", 400, _error("入力内容が不適切なため処理できません"), Kind.CONTENT_FILTER, "words in Japanese"),
    Shape("gateway", 400, _error("부적절한 콘텐츠가 포함되어 있습니다"), Kind.CONTENT_FILTER, "words in Korean"),
    Shape("sambanova", 400, _error("The provided prompt is 4200 tokens long, so generating 1 tokens requires a sequence length of 4201, "
          "but the maximum supported sequence length is just 4096!"), Kind.CONTEXT_LENGTH, "docs.sambanova.ai: errors"),
    Shape("doubao", 400, {"error": {"code": "InvalidParameter", "message": "Total tokens of image and text exceed max message tokens.",
          "type": "BadRequest"}}, Kind.CONTEXT_LENGTH, "volcengine.com: ark error codes"),
    Shape("hunyuan", 400, _error("messages 内容总长度超过限制", code="InvalidParameter"), Kind.CONTEXT_LENGTH, "cloud.tencent.com: hunyuan"),
    Shape("minimax", 200, _minimax(1039, "token limit"), Kind.CONTEXT_LENGTH, "platform.minimax.io: error codes"),
    Shape("gateway", 500, _error("prompt is too long"), Kind.CONTEXT_LENGTH, "words of an upstream under 500"),
    Shape("gateway", 400, _error("入力トークン数が最大コンテキスト長を超えています"), Kind.CONTEXT_LENGTH, "words in Japanese"),
    Shape("gateway", 400, _error("La longueur du contexte dépasse la limite"), Kind.CONTEXT_LENGTH, "words in French"),
]  # fmt: skip

_FORM = [
    Shape("novita", 400, {"code": 400, "reason": "INVALID_REQUEST_BODY", "message": "model: m does not support feature: structured-outputs"},
          Kind.UNSUPPORTED, "ttlequals0/MinusPod#628", FORMAT),
    Shape("perplexity", 400, _error('["At body -> response_format -> ResponseFormatText -> type: Input should be \'text\'"]', code=400),
          Kind.UNSUPPORTED, "docs.perplexity.ai: errors", FORMAT),
    Shape("perplexity", 400, _error('["At body -> seed: Extra inputs are not permitted by this endpoint"]', code=400),
          Kind.UNSUPPORTED, "docs.perplexity.ai: errors (kind)", SEED),
    Shape("zhipu", 400, {"error": {"code": "1214", "message": "temperature 参数非法。取值范围为(0,1)"}},
          Kind.UNSUPPORTED, "open.bigmodel.cn: error codes", TEMPERATURE),
    Shape("sglang", 400, {"object": "error", "message": "System role not supported", "type": "BadRequestError", "code": 400},
          Kind.UNSUPPORTED, "sgl-project/sglang#892", SYSTEM),
    Shape("llama-cpp-python", 500, _error("System role not supported", type="internal_server_error"),
          Kind.UNSUPPORTED, "abetlen/llama-cpp-python#1580", SYSTEM),
    Shape("gemini", 400, [{"error": {"code": 400, "message": "Developer instruction is not enabled for models/gemma-3-27b-it",
          "status": "INVALID_ARGUMENT"}}], Kind.UNSUPPORTED, "versun/RSSBox#138", SYSTEM),
    Shape("openai", 400, _error("Unsupported value: 'messages[0].role' does not support 'system' with this model.",
          type="invalid_request_error", param="messages[0].role", code="unsupported_value"),
          Kind.UNSUPPORTED, "platform.openai.com: reasoning", SYSTEM),
    Shape("vllm", 400, {"object": "error", "message": "Conversation roles must alternate user/assistant/user/assistant/...", "type":
          "BadRequestError", "code": 400}, Kind.UNSUPPORTED, "microsoft/autogen#1037", SYSTEM),
]  # fmt: skip

_ACCOUNT = [
    Shape("minimax", 500, {"type": "error", "error": {"type": "api_error", "message": "insufficient balance (1008)"}},
          Kind.AUTH, "MiniMax-AI/MiniMax-M2#62"),
    Shape("minimax", 200, _minimax(1008, "insufficient balance"), Kind.AUTH, "platform.minimax.io: error codes"),
    Shape("minimax", 200, _minimax(1004, "login fail: Please carry the API secret key"), Kind.AUTH, "platform.minimax.io: error codes"),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "You have reached your specified API "
          "usage limits. You will regain access on 2026-04-01 at 00:00 UTC."}}, Kind.AUTH, "anthropics/claude-code#38038"),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "This organization has been "
          "disabled."}}, Kind.AUTH, "anthropics/claude-code#72457"),
    Shape("groq", 400, _error("Organization has been restricted. Please reach out to support if you believe this was in error.",
          type="invalid_request_error", param="", code="organization_restricted"), Kind.AUTH, "songquanpeng/one-api#1764"),
    Shape("groq", 400, _error("API access has been blocked because of a spend alert threshold: project", code="blocked_api_access"),
          Kind.AUTH, "console.groq.com: spend limits"),
    Shape("openai", 400, _error("Your organization must be verified to stream this model.", type="invalid_request_error", param="stream",
          code="unsupported_value"), Kind.AUTH, "langflow-ai/openrag#257"),
    Shape("xai", 429, {"code": "Some resource has been exhausted", "error": "Your team t has either used all available credits or reached "
          "its monthly spending limit."}, Kind.AUTH, "continuedev/continue#10373"),
    Shape("novita", 400, {"code": 400, "reason": "NOT_ENOUGH_BALANCE", "message": "not enough balance"}, Kind.AUTH, "novita.ai: errors"),
    Shape("siliconflow", 400, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None},
          Kind.AUTH, "docs.siliconflow.cn: errors"),
    Shape("deepinfra", 500, {"detail": {"error": "inference prohibited, please enter a payment method or top up"}},
          Kind.AUTH, "deepinfra.com: billing"),
    Shape("doubao", 429, {"error": {"code": "SetLimitExceeded", "message": "Your account has reached the set inference limit for the m "
          "model, and the model service has been paused."}}, Kind.AUTH, "volcengine.com: ark error codes"),
    Shape("litellm", 400, _error("Authentication Error, Expired Key. Key Expiry time 2025", type="expired_key", code="400"),
          Kind.AUTH, "docs.litellm.ai: virtual keys"),
    Shape("bedrock-gateway", 500, {"detail": "An error occurred (ExpiredTokenException) when calling the Converse operation: The security "
          "token included in the request is expired"}, Kind.AUTH, "aws-samples/bedrock-access-gateway (kind)"),
    Shape("one-api", 200, {"code": 401, "msg": "令牌无效", "success": False}, Kind.AUTH, "an envelope with its own status"),
]  # fmt: skip

_DEPLOYMENT = [
    Shape("zhipu", 400, {"error": {"code": "1211", "message": "模型不存在，请检查模型代码。"}}, Kind.DEPLOYMENT, "open.bigmodel.cn: error codes"),
    Shape("bedrock-gateway", 400, {"detail": "This model version has reached the end of its life."},
          Kind.DEPLOYMENT, "docs.aws.amazon.com: model lifecycle"),
    Shape("cohere", 400, {"message": "model 'command' was removed on September 15, 2025."}, Kind.DEPLOYMENT, "docs.cohere.com: deprecations"),
    Shape("cloudflare", 400, {"errors": [{"message": "Could not route to /accounts/a/ai/v1, perhaps your object identifier is invalid?",
          "code": 7003}], "success": False}, Kind.DEPLOYMENT, "developers.cloudflare.com: API errors"),
    Shape("ollama", 400, _error('"nomic-embed-text" does not support chat'), Kind.DEPLOYMENT, "ollama/ollama: server routes"),
    Shape("llama.cpp", 501, _error("This server does not support completions. Start it without `--embeddings`", code=501,
          type="not_supported_error"), Kind.DEPLOYMENT, "ggml-org/llama.cpp: server"),
    Shape("tabbyapi", 400, {"detail": "No models are currently loaded."}, Kind.DEPLOYMENT, "theroyallab/tabbyAPI"),
    Shape("huggingface", 400, {"error": "Bad Request: The endpoint is paused, ask a maintainer to restart it"},
          Kind.DEPLOYMENT, "huggingface.co: inference endpoints"),
    Shape("nginx", 400, "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
          Kind.DEPLOYMENT, "page of nginx (http for https)"),
]  # fmt: skip

_LOAD = [
    Shape("nvidia-nim", 400, {"status": 400, "title": "Bad Request", "detail": "Function id 'f': DEGRADED function cannot be invoked"},
          Kind.OVERLOADED, "Alishahryar1/free-claude-code#1012"),
    Shape("sglang", 400, {"object": "error", "message": "The request queue is full.", "code": 400}, Kind.OVERLOADED, "sgl-project/sglang"),
    Shape("databricks", 400, {"error_code": "BAD_REQUEST", "message": "The endpoint is scaling up, please retry"},
          Kind.OVERLOADED, "docs.databricks.com: model serving"),
    Shape("cerebras", 429, {"message": "We're experiencing high traffic right now!", "type": "too_many_requests_error", "param": "queue",
          "code": "queue_exceeded"}, Kind.OVERLOADED, "inference-docs.cerebras.ai: errors"),
    Shape("azure-apim", 403, {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 12:30:20."},
          Kind.RATE_LIMITED, "learn.microsoft.com: API management"),
    Shape("minimax", 200, _minimax(1002, "rate limit exceeded(RPM)"), Kind.RATE_LIMITED, "platform.minimax.io: error codes"),
    Shape("lm-studio", 400, {"error": "The model has crashed without additional information. (Exit code: null)"},
          Kind.SERVER_ERROR, "lmstudio-ai/lmstudio-bug-tracker#1057"),
    Shape("lm-studio", 400, {"error": "Channel Error"}, Kind.SERVER_ERROR, "mdc-ng/mdc-ng#451"),
    Shape("lm-studio", 400, {"error": "Model unloaded."}, Kind.SERVER_ERROR, "lmstudio-ai/lmstudio-bug-tracker#1492 (kind)"),
]  # fmt: skip

_NEAR = [
    Shape("proxy", 403, "<html><head><title>403 Forbidden</title></head><body>Microsoft-Azure-Application-Gateway/v2</body></html>",
          Kind.AUTH, "page of a firewall: no word about the input"),
    Shape("vllm", 400, {"object": "error", "message": "After the optional system message, conversation roles must alternate "
          "user/assistant/user/assistant/...", "code": 400}, Kind.BAD_REQUEST, "vllm-project/vllm#6862"),
]  # fmt: skip
"""What the same words do not mean."""

HOSTED = [*_INPUT, *_FORM, *_ACCOUNT, *_DEPLOYMENT, *_LOAD, *_NEAR]
