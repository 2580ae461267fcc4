"""Refusals as servers have sent them, each with the public report that shows it, and what it is about.

Bodies are shortened, and ids and account names are invented; keys, nesting and words are as reported.
"""

from typing import Any, NamedTuple

from semtel_ops.errors import EndpointErrorKind as Kind

FORMAT, TEMPERATURE, SEED = ("response_format",), ("temperature",), ("seed",)


class Shape(NamedTuple):
    """A recorded refusal.

    Attributes:
        server: who sent it.
        body: JSON, or text.
        params: of an `unsupported` refusal.
        source: repository#thread or page.
    """

    server: str
    status: int
    body: Any
    kind: Kind
    source: str
    params: tuple[str, ...] = ()


def _error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


_INPUT = [
    Shape(
        "openai", 400, _error("Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again "
        "with a different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
        type="invalid_request_error", param=None, code="invalid_prompt"),
        Kind.CONTENT_FILTER, "alan-turing-institute/t0-1#69",
    ),
    Shape(
        "azure", 400, _error("The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
        "Please modify your prompt and retry.", type=None, param="prompt", code="content_filter", status=400,
        innererror={"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": {"filtered": True}}}),
        Kind.CONTENT_FILTER, "openai/openai-dotnet#55",
    ),
    Shape(
        "azure", 400, _error("Refused.", innererror={"content_filter_result": {"hate": {"filtered": True, "severity": "high"}}}),
        Kind.CONTENT_FILTER, "compl-ai/compl-ai#20 (only the verdicts)",
    ),
    Shape(
        "litellm", 400, _error("litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - The response was "
        "filtered due to the prompt triggering Azure OpenAI's content management policy.\nmodel=azure/gpt-4o. "
        "content_policy_fallback=None. fallbacks=None.\n\nSet 'content_policy_fallback' - "
        "https://docs.litellm.ai/docs/routing#fallbacks. Received Model Group=azure/gpt-4o", type=None, param=None, code="400"),
        Kind.CONTENT_FILTER, "BerriAI/litellm#16231",
    ),
    Shape(
        "openrouter", 403, _error("Your chosen model requires moderation and your input was flagged", code=403,
        metadata={"reasons": ["violence"], "flagged_input": "what was said", "provider_name": "OpenAI", "model_slug": "m"}),
        Kind.CONTENT_FILTER, "openrouter.ai API errors page",
    ),
    Shape(
        "xai", 403, {"code": "The caller does not have permission to execute the specified operation",
        "error": "Content violates usage guidelines. Team: t, API key ID: k, Model: grok-4-0709, Failed check: SAFETY_CHECK_TYPE_BIO"},
        Kind.CONTENT_FILTER, "UKGovernmentBEIS/inspect_ai#2267",
    ),
    Shape("xai", 403, {"code": "permission-denied", "error": "Content violates usage guidelines. "},
          Kind.CONTENT_FILTER, "Wei-Shaw/sub2api#5359"),
    Shape("dashscope", 400, {"error": {"code": "data_inspection_failed", "param": None,
          "message": "Input data may contain inappropriate content.", "type": "data_inspection_failed"}, "id": "c"},
          Kind.CONTENT_FILTER, "camel-ai/owl#432"),
    Shape("dashscope", 400, "<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content.",
          Kind.CONTENT_FILTER, "QwenLM/qwen-code#3145"),
    Shape("deepseek", 400, _error("Content Exists Risk", type="invalid_request_error", param=None, code="invalid_request_error"),
          Kind.CONTENT_FILTER, "666ghj/BettaFish#108"),
    Shape("deepseek", 400, {"detail": "Content Exists Risk"}, Kind.CONTENT_FILTER, "deepseek-ai/DeepSeek-V2#30"),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error",
          "message": "Output blocked by content filtering policy"}, "request_id": "req_1"},
          Kind.CONTENT_FILTER, "anthropics/claude-code#58367"),
    Shape("litellm", 400, _error("{'error': 'Violated guardrail policy', 'bedrock_guardrail_response': 'Sorry'}", code="400"),
          Kind.CONTENT_FILTER, "docs.litellm.ai: guardrails, bedrock"),
    Shape("zhipu", 400, {"error": {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"}},
          Kind.CONTENT_FILTER, "open.bigmodel.cn: error codes"),
    Shape("gateway", 400, "Request blocked by the content safety filter", Kind.CONTENT_FILTER, "text of a gateway"),
    Shape(
        "llama.cpp", 400, _error("the request exceeds the available context size. try increasing the context size or enable context "
        "shift", code=400, type="exceed_context_size_error", n_prompt_tokens=1407, n_ctx=256),
        Kind.CONTEXT_LENGTH, "ggml-org/llama.cpp#15780",
    ),
    Shape("llama.cpp", 500, _error("the request exceeds the available context size.", code=500, type="exceed_context_size_error"),
          Kind.CONTEXT_LENGTH, "ggml-org/llama.cpp#15780 (first version)"),
    Shape("llama-cpp-python", 500, _error("Requested tokens (516) exceed context window of 512", type="internal_server_error"),
          Kind.CONTEXT_LENGTH, "rllm-team/rllm#55"),
    Shape(
        "vllm", 400, {"object": "error", "message": "This model's maximum context length is 16384 tokens. However, you requested 19591 "
        "tokens (9591 in the messages, 10000 in the completion). Please reduce the length of the messages or completion. None",
        "type": "BadRequestError", "param": None, "code": 400},
        Kind.CONTEXT_LENGTH, "vllm-project/vllm#20409",
    ),
    Shape(
        "vllm", 400, {"object": "error", "message": "'max_tokens' or 'max_completion_tokens' is too large: 512. This model's maximum "
        "context length is 4096 tokens and your request has 3800 input tokens (512 > 4096 - 3800).",
        "type": "BadRequestError", "param": None, "code": 400},
        Kind.CONTEXT_LENGTH, "stepfun-ai/Step-Audio-R1#3",
    ),
    Shape("vllm", 400, {"object": "error", "message": "max_tokens must be at least 1, got -186.", "type": "BadRequestError",
          "param": None, "code": 400}, Kind.CONTEXT_LENGTH, "vllm-project/vllm#4667"),
    Shape("sglang", 400, {"object": "error", "message": "The input (61709 tokens) is longer than the model's context length "
          "(40960 tokens).", "type": "BadRequestError", "param": None, "code": 400}, Kind.CONTEXT_LENGTH, "QwenLM/Qwen3#1321"),
    Shape("sglang", 400, {"object": "error", "message": "Input length (160062 tokens) exceeds the maximum allowed length (59862 "
          "tokens).", "type": "BadRequestError", "code": 400}, Kind.CONTEXT_LENGTH, "sgl-project/sglang#4048"),
    Shape("tgi", 422, {"error": {"message": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 8740 "
          "`inputs` tokens and 500 `max_new_tokens`", "http_status_code": 422}},
          Kind.CONTEXT_LENGTH, "huggingface/huggingface_hub#2763"),
    Shape("tgi", 422, {"error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 4545",
          "error_type": "validation"}, Kind.CONTEXT_LENGTH, "meta-llama/llama#1103"),
    Shape("groq", 413, _error("Request too large for model `llama-3.3-70b-versatile` in organization `org_1` service tier `on_demand` "
          "on tokens per minute (TPM): Limit 12000, Requested 14137, please reduce your message size and try again.", type="tokens",
          code="rate_limit_exceeded"), Kind.CONTEXT_LENGTH, "continuedev/continue#10218"),
    Shape("openai", 429, _error("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 342389. The input or "
          "output tokens must be reduced in order to run successfully.", type="tokens", param=None, code="rate_limit_exceeded"),
          Kind.CONTEXT_LENGTH, "vanna-ai/vanna-flask#11"),
    Shape("github-models", 413, _error("Request body too large for gpt-5-mini model. Max size: 4000 tokens.",
          code="tokens_limit_reached", details="Request body too large for gpt-5-mini model. Max size: 4000 tokens."),
          Kind.CONTEXT_LENGTH, "dyad-sh/dyad#1950"),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error",
          "message": "prompt is too long: 209303 tokens > 200000 maximum"}}, Kind.CONTEXT_LENGTH, "OpenHands/OpenHands#5350"),
    Shape(
        "litellm", 400, _error("litellm.BadRequestError: Litellm_proxyException - Error code: 400 - {'error': {'message': "
        "'litellm.BadRequestError: litellm.ContextWindowExceededError: AnthropicError - {\"type\":\"error\",\"error\":{\"type\":"
        '"invalid_request_error","message":"prompt is too long: 200480 tokens > 200000 maximum"}}\\nReceived Model '
        "Group=anthropic/claude\\nAvailable Model Group Fallbacks=None', 'type': None, 'param': None, 'code': '400'}}"),
        Kind.CONTEXT_LENGTH, "BerriAI/litellm#7259",
    ),
    Shape("gemini", 400, [{"error": {"code": 400, "message": "The input token count (2845475) exceeds the maximum number of tokens "
          "allowed (1048576).", "status": "INVALID_ARGUMENT"}}], Kind.CONTEXT_LENGTH, "google-gemini/gemini-cli#4692"),
    Shape("bedrock-gateway", 400, {"detail": "An error occurred (ValidationException) when calling the Converse operation: Input is "
          "too long for requested model."}, Kind.CONTEXT_LENGTH, "aws-samples/bedrock-chat#95"),
    Shape("dashscope", 400, "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 204800]",
          Kind.CONTEXT_LENGTH, "QwenLM/qwen-code#98"),
    Shape("cohere", 400, {"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4500."},
          Kind.CONTEXT_LENGTH, "docs.cohere.com: errors"),
    Shape("relay", 400, {"type": "error", "error": {"type": "prompt_limit", "message": "输入内容过长，请减少 Prompt 中的 token 数量后重试"}},
          Kind.CONTEXT_LENGTH, "fengshao1227/ccg-workflow#69"),
    Shape("nginx", 413, "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>nginx</body></html>",
          Kind.CONTEXT_LENGTH, "page of nginx"),
]  # fmt: skip

_FORM = [
    Shape("openai", 400, _error("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
          "instead.", type="invalid_request_error", param="max_tokens", code="unsupported_parameter"),
          Kind.UNSUPPORTED, "platform.openai.com: reasoning", ("max_tokens",)),
    Shape("openai", 400, _error("Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
          "supported.", type="invalid_request_error", param="temperature", code="unsupported_value"),
          Kind.UNSUPPORTED, "gabrii/Cursor-Azure-GPT-5#33", TEMPERATURE),
    Shape("litellm", 400, _error("litellm.BadRequestError: OpenAIException - Unsupported value: 'temperature' does not support 0.2 with "
          "this model. Only the default (1) value is supported.", type=None, param=None, code="400"),
          Kind.UNSUPPORTED, "lintsinghua/DeepAudit#80", TEMPERATURE),
    Shape("vllm", 400, {"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': "
          "'Extra inputs are not permitted', 'input': 800}]", "type": "BadRequestError", "param": None, "code": 400},
          Kind.UNSUPPORTED, "1Panel-dev/MaxKB#2912", ("max_completion_tokens",)),
    Shape("mistral", 422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted",
          "input": 7}]}, Kind.UNSUPPORTED, "mistralai/platform-docs-public#7 (kind)", SEED),
    Shape("mistral", 422, {"object": "Error", "message": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are "
          "not permitted", "input": 7}], "type": "invalid_request_error", "code": 3001},
          Kind.UNSUPPORTED, "partITech/php-mistral#76 (kind)", SEED),
    Shape("mistral", 422, {"object": "error", "message": '{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra '
          'inputs are not permitted","input":0.0,"url":"https://errors.pydantic.dev/2.5/v/extra_forbidden"}]}',
          "type": "internal_error_proxy", "param": None, "code": "1000"},
          Kind.UNSUPPORTED, "mistralai/platform-docs-public#7", SEED),
    Shape("gemini", 400, [{"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
          "status": "INVALID_ARGUMENT", "details": [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
          {"description": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'}]}]}}],
          Kind.UNSUPPORTED, "Vali-98/ChatterUI#227", SEED),
    Shape("gemini", 400, [{"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "response_format": Cannot find '
          'field.', "status": "INVALID_ARGUMENT"}}], Kind.UNSUPPORTED, "yym68686/uni-api#54", FORMAT),
    Shape("fireworks", 400, _error("Extra inputs are not permitted, field: 'seed', value: 7", object="error"),
          Kind.UNSUPPORTED, "FlowiseAI/Flowise#2866 (kind)", SEED),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error",
          "message": "response_format: Extra inputs are not permitted"}}, Kind.UNSUPPORTED, "amrit110/oli#7", FORMAT),
    Shape("lm-studio", 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"},
          Kind.UNSUPPORTED, "LoadShine/tada#16", FORMAT),
    Shape("deepseek", 400, _error("This response_format type is unavailable now", type="invalid_request_error", param=None,
          code="invalid_request_error"), Kind.UNSUPPORTED, "llm-exe/llm-exe#662", FORMAT),
    Shape("deepseek", 422, "Failed to deserialize the JSON body into the target type: response_format: response_format.type "
          "`json_schema` is unavailable now at line 1 column 1193", Kind.UNSUPPORTED, "BerriAI/litellm#7580", FORMAT),
    Shape("openrouter", 400, {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": '{\n  "error": {\n    '
          '"message": "Response input messages must contain the word \'json\' in some form to use \'text.format\' of type '
          '\'json_object\'.",\n    "type": "invalid_request_error",\n    "param": "input",\n    "code": null\n  }\n}',
          "provider_name": "OpenAI"}}, "user_id": "org_1"}, Kind.UNSUPPORTED, "reVrost/go-openrouter#21", FORMAT),
    Shape("openrouter", 404, _error("No endpoints found that can handle the requested parameters.", code=404),
          Kind.UNSUPPORTED, "openrouter.ai: provider routing", FORMAT),
    Shape("groq", 400, _error("'response_format' : one of the following must be satisfied[('response_format.type' : value is not one of "
          "the allowed values ['text']) OR ('response_format.name' : property 'name' is missing)]", type="invalid_request_error"),
          Kind.UNSUPPORTED, "vercel/ai#7808", FORMAT),
    Shape("groq", 400, _error("'temperature' : value must be a number", type="invalid_request_error"),
          Kind.UNSUPPORTED, "ai-shifu/ChatALL#901", TEMPERATURE),
    Shape("vllm", 400, {"object": "error", "message": "The provided JSON schema contains features not supported by xgrammar.",
          "type": "BadRequestError", "param": None, "code": 400}, Kind.UNSUPPORTED, "vllm-project/vllm#26421", FORMAT),
    Shape("vllm", 500, _error('Grammar error: Unimplemented keys: ["propertyNames"]', type="InternalServerError", code=500),
          Kind.UNSUPPORTED, "noonghunna/club-3090#45", FORMAT),
    Shape("llama.cpp", 400, _error("Failed to initialize samplers: failed to parse grammar", code=400, type="invalid_request_error"),
          Kind.UNSUPPORTED, "lidge-jun/opencodex#2135", FORMAT),
    Shape("llama.cpp", 500, _error('response_format type must be one of "text" or "json_object", but got: json_schema', code=500,
          type="server_error"), Kind.UNSUPPORTED, "ikawrakow/ik_llama.cpp#778", FORMAT),
    Shape("llama-cpp-python", 500, {"error": {"message": "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': "
          "\"Input should be 'text' or 'json_object'\", 'input': 'json_schema', 'ctx': {'expected': \"'text' or 'json_object'\"}}]",
          "type": "internal_server_error", "param": None, "code": None}}, Kind.UNSUPPORTED, "ggml-org/llama.cpp#23463", FORMAT),
    Shape("litellm", 500, _error("litellm.InternalServerError: InternalServerError: OpenAIException - 1 validation error:\n  {'type': "
          "'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\", 'input': "
          "'json_schema', 'ctx': {'expected': \"'text' or 'json_object'\"}}\n\n  File \"llama_cpp/server/app.py\", line 376, in "
          "create_chat_completion\n    POST /v1/chat/completions\n\nLiteLLM: model group 'm' failed with the error above. No fallback "
          "was attempted.", type="internal_server_error", param=None, code="500"),
          Kind.UNSUPPORTED, "litellm 1.108.7 before llama-cpp-python 0.3.36", FORMAT),
    Shape("llama-cpp-python", 500, _error("1 validation error:\n  {'type': 'int_parsing', 'loc': ('body', 'seed'), 'msg': 'Input should be "
          "a valid integer, unable to parse string as an integer', 'input': 'x'}\n\n  File \"llama_cpp/server/app.py\", line 376, in "
          "create_chat_completion\n    POST /v1/chat/completions", type="internal_server_error", param=None, code=None),
          Kind.UNSUPPORTED, "llama-cpp-python 0.3.36", SEED),
    Shape("databricks", 400, {"error_code": "BAD_REQUEST", "message": 'Bad request: json: unknown field "seed"\n'},
          Kind.UNSUPPORTED, "databricks/databricks-sdk-py#1263 (kind)", SEED),
    Shape("databricks", 400, {"error_code": "BAD_REQUEST", "message": "Bad request: rpc error: code = InvalidArgument desc = max_tokens "
          "(10000) cannot exceed 8192. Please reduce the length of max output tokens generated."},
          Kind.UNSUPPORTED, "databricks/databricks-sdk-go#1183"),
    Shape("bedrock-gateway", 400, {"detail": "An error occurred (ValidationException) when calling the ConverseStream operation: The "
          "maximum tokens you requested exceeds the model limit of 2048. Try again with a maximum tokens value that is lower than "
          "2048."}, Kind.UNSUPPORTED, "aws-samples/bedrock-access-gateway#41"),
    Shape("litellm", 400, _error("litellm.UnsupportedParamsError: cohere does not support parameters: ['seed', 'response_format'], for "
          "model=command-r.", type=None, param=None, code="400"), Kind.UNSUPPORTED, "BerriAI/litellm#29779 (kind)",
          ("response_format", "seed")),
    Shape("openai", 400, _error("Invalid service_tier argument", type="invalid_request_error", param="service_tier"),
          Kind.UNSUPPORTED, "platform.openai.com: flex processing", ("service_tier",)),
]  # fmt: skip

_ACCOUNT = [
    Shape("openai", 401, _error("Incorrect API key provided: sk-abc***. You can find your API key at https://platform.openai.com",
          type="invalid_request_error", code="invalid_api_key"), Kind.AUTH, "platform.openai.com: error codes"),
    Shape("openai", 429, _error("You exceeded your current quota, please check your plan and billing details.",
          type="insufficient_quota", param=None, code=None), Kind.AUTH, "GaiZhenbiao/ChuanhuChatGPT#792"),
    Shape("deepseek", 402, _error("Insufficient Balance", type="unknown_error", param=None, code="invalid_request_error"),
          Kind.AUTH, "Aider-AI/aider#4851"),
    Shape("litellm", 400, _error('litellm.BadRequestError: DeepseekException - {"error":{"message":"Insufficient Balance","type":'
          '"unknown_error","param":null,"code":"invalid_request_error"}}', code="400"), Kind.AUTH, "Aider-AI/aider#4851 (proxy)"),
    Shape("openrouter", 402, _error("This request requires more credits, or fewer max_tokens. You requested up to 8192 tokens, but can "
          "only afford 1200.", code=402), Kind.AUTH, "openrouter.ai API errors page"),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to "
          "access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}},
          Kind.AUTH, "docs.anthropic.com: errors"),
    Shape("moonshot", 403, _error("Your account org-1 is not active, organization org-1 exceeded current quota, please check your plan "
          "and billing details", type="exceeded_current_quota_error"), Kind.AUTH, "MoonshotAI/Kimi-K2#5"),
    Shape("moonshot", 429, _error("Your account org-1 is suspended due to insufficient balance, please recharge your account or check "
          "your plan and billing details"), Kind.AUTH, "continuedev/continue#11443"),
    Shape("litellm", 400, _error("Budget has been exceeded! Current cost: 26.075, Max budget: 0.25", type="budget_exceeded", param=None,
          code="400"), Kind.AUTH, "BerriAI/litellm#22726"),
    Shape("litellm", 400, _error("No connected db.", type="no_db_connection", param=None, code="400"),
          Kind.AUTH, "litellm 1.108.7: a key that is not the master key, without a database"),
    Shape("litellm", 401, _error("litellm.AuthenticationError: AuthenticationError: OpenAIException - Error code: 401\n\nLiteLLM: model "
          "group 'm' failed with the error above. No fallback was attempted.", type="authentication_error", param=None, code="401"),
          Kind.AUTH, "litellm 1.108.7: the key of its backend"),
    Shape("llama-cpp-python", 401, {"detail": "Invalid API key"}, Kind.AUTH, "llama-cpp-python 0.3.36"),
    Shape("gemini", 400, [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status":
          "INVALID_ARGUMENT", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]}}],
          Kind.AUTH, "ai.google.dev: troubleshooting"),
    Shape("gemini", 429, [{"error": {"code": 429, "message": "You exceeded your current quota, please check your plan and billing "
          "details. * Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, "
          "model: gemini-2.5-pro Please retry in 13.5s.", "status": "RESOURCE_EXHAUSTED"}}],
          Kind.AUTH, "ai.google.dev: rate limits (no quota at all)"),
    Shape("xai", 403, {"code": "permission-denied", "error": "Access to the chat endpoint is denied."},
          Kind.AUTH, "Wei-Shaw/sub2api#5359"),
    Shape("openrouter", 403, _error("The request is prohibited due to a violation of provider Terms Of Service.", code=403,
          metadata={"provider_name": None}), Kind.AUTH, "Davidvandijcke/coarse#183"),
    Shape("dashscope", 400, {"error": {"code": "Arrearage", "message": "Access denied, please make sure your account is in good "
          "standing.", "type": "Arrearage"}}, Kind.AUTH, "help.aliyun.com: error codes"),
    Shape("zhipu", 429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试。"}}, Kind.AUTH, "open.bigmodel.cn: error codes"),
]  # fmt: skip

_DEPLOYMENT = [
    Shape("openai", 404, _error("The model `m` does not exist or you do not have access to it.", type="invalid_request_error",
          param=None, code="model_not_found"), Kind.DEPLOYMENT, "decolua/9router#3558"),
    Shape("azure", 404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}},
          Kind.DEPLOYMENT, "learn.microsoft.com: Azure OpenAI"),
    Shape("azure", 400, {"error": {"code": "OperationNotSupported", "message": "The chatCompletion operation does not work with the "
          "specified model, m. Please choose different model and try again."}}, Kind.DEPLOYMENT, "learn.microsoft.com: Azure OpenAI"),
    Shape("groq", 400, _error("The model `llama-3.1-70b-versatile` has been decommissioned and is no longer supported. Please refer to "
          "https://console.groq.com/docs/deprecations for a recommendation on which model to use instead.",
          type="invalid_request_error", code="model_decommissioned"), Kind.DEPLOYMENT, "rashadphz/farfalle#107"),
    Shape("ollama", 404, _error('model "ollama" not found, try pulling it first', type="api_error", param=None, code=None),
          Kind.DEPLOYMENT, "netease-youdao/QAnything#555"),
    Shape("open-webui", 400, {"detail": "Model 'doesnotexist:1gogol' was not found"}, Kind.DEPLOYMENT, "open-webui/open-webui#11906"),
    Shape("litellm", 400, _error("/chat/completions: Invalid model name passed in model=m. Call `/v1/models` to view available models "
          "for your key.", type="None", param="None", code="400"), Kind.DEPLOYMENT, "docs.litellm.ai: proxy"),
    Shape("openrouter", 400, _error("m/m is not a valid model ID", code=400), Kind.DEPLOYMENT, "openrouter.ai API errors page"),
    Shape("openrouter", 404, _error("No endpoints found matching your data policy.", code=404),
          Kind.DEPLOYMENT, "openrouter.ai: privacy"),
    Shape("bedrock-gateway", 400, {"detail": "An error occurred (ValidationException) when calling the Converse operation: The provided "
          "model identifier is invalid."}, Kind.DEPLOYMENT, "aws-samples/bedrock-access-gateway"),
    Shape("azure", 400, _error("Your request contains invalid content filter policy. Please provide a valid policy.", code="400"),
          Kind.DEPLOYMENT, "microsoft/BCApps#6660"),
    Shape("proxy", 410, "Gone", Kind.DEPLOYMENT, "RFC 9110"),
    Shape("proxy", 301, "", Kind.DEPLOYMENT, "RFC 9110"),
    Shape("proxy", 308, "", Kind.DEPLOYMENT, "RFC 9110"),
]  # fmt: skip

_LOAD = [
    Shape("openai", 429, _error("The engine is currently overloaded, please try again later", type="engine_overloaded_error"),
          Kind.OVERLOADED, "platform.openai.com: error codes"),
    Shape("openai", 429, _error("Flex processing has no capacity.", code="resource_unavailable"),
          Kind.OVERLOADED, "platform.openai.com: flex processing"),
    Shape("groq", 498, _error("Flex tier capacity exceeded", code="capacity_exceeded"), Kind.OVERLOADED, "laravel/ai#925"),
    Shape("anthropic", 529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
          Kind.OVERLOADED, "docs.anthropic.com: errors"),
    Shape("openrouter", 429, _error("Provider returned error", code=429, metadata={"raw": "z-ai/glm is temporarily rate-limited "
          "upstream. Please retry shortly, or add your own key to accumulate your rate limits", "provider_name": "BaseTen"}),
          Kind.OVERLOADED, "open-webui/computer#293"),
    Shape("gemini", 503, [{"error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status":
          "UNAVAILABLE"}}], Kind.OVERLOADED, "ai.google.dev: troubleshooting"),
    Shape("huggingface", 503, {"error": "Model Qwen/Qwen2 is currently loading", "estimated_time": 176.7},
          Kind.OVERLOADED, "huggingface/huggingface_hub#2763"),
    Shape("tgi", 429, {"error": "Model is overloaded", "error_type": "overloaded"}, Kind.OVERLOADED, "huggingface/tgi: router"),
    Shape("groq", 429, _error("Rate limit reached for model `m` in organization `org_1` service tier `on_demand` on tokens per day "
          "(TPD): Limit 100000, Used 97050, Requested 3619. Please try again in 9m38.016s.", type="tokens",
          code="rate_limit_exceeded"), Kind.RATE_LIMITED, "continuedev/continue#10920"),
    Shape("openrouter", 429, _error("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per "
          "day", code=429, metadata={"headers": {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0",
          "X-RateLimit-Reset": "1741305600000"}}), Kind.RATE_LIMITED, "Gitlawb/openclaude#936"),
    Shape("gemini", 429, [{"error": {"code": 429, "message": "You exceeded your current quota, please check your plan and billing "
          "details. * Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 15 "
          "Please retry in 13.5s.", "status": "RESOURCE_EXHAUSTED", "details": [{"@type":
          "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "13s"}]}}], Kind.RATE_LIMITED, "ai.google.dev: rate limits"),
    Shape("databricks", 429, {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "REQUEST_LIMIT_EXCEEDED: Exceeded workspace QPS rate "
          "limit for databricks-qwen35-122b-a10b."}, Kind.RATE_LIMITED, "n8n-io/n8n#38642"),
    Shape("bedrock-gateway", 400, {"detail": "An error occurred (ThrottlingException) when calling the Converse operation: Too many "
          "tokens, please wait before trying again."}, Kind.RATE_LIMITED, "aws-samples/bedrock-access-gateway (kind)"),
    Shape("anthropic", 429, {"type": "error", "error": {"type": "rate_limit_error", "message": "This request would exceed your "
          "account's rate limit. Please try again later."}}, Kind.RATE_LIMITED, "anthropics/claude-code#55789"),
    Shape("mistral", 429, {"message": "Requests rate limit exceeded"}, Kind.RATE_LIMITED, "docs.mistral.ai: rate limits"),
]  # fmt: skip

_UPSTREAM = [
    Shape("groq", 400, _error("Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
          type="invalid_request_error", code="json_validate_failed", failed_generation='{"label": '),
          Kind.SERVER_ERROR, "thepersonalaicompany/amurex-backend#38"),
    Shape("openrouter", 502, _error("Provider returned error", code=502, metadata={"raw": "error code: 502", "provider_name": "P"}),
          Kind.SERVER_ERROR, "openrouter.ai API errors page"),
    Shape("openrouter", 200, {"error": {"message": "Provider returned error", "code": 502}, "user_id": "u"},
          Kind.SERVER_ERROR, "BerriAI/litellm#21755"),
    Shape("openrouter", 200, {"error": {"message": "Rate limit exceeded", "code": 429}}, Kind.RATE_LIMITED, "BerriAI/litellm#21755"),
    Shape("openrouter", 200, {"error": {"message": "Insufficient credits", "code": 402}}, Kind.AUTH, "openrouter.ai API errors page"),
    Shape("tgi", 424, {"error": "Request failed during generation: CUDA error", "error_type": "generation"},
          Kind.SERVER_ERROR, "huggingface/tgi: router"),
    Shape("cloudflare", 524, "<html><head><title>524: A timeout occurred</title></head></html>", Kind.SERVER_ERROR, "page of Cloudflare"),
    Shape("litellm", 500, _error("litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.\n\nLiteLLM: model "
          "group 'm' failed with the error above. No fallback was attempted.", type="internal_server_error", param=None, code="500"),
          Kind.SERVER_ERROR, "litellm 1.108.7: its backend is down"),
    Shape("litellm", 500, "Internal Server Error", Kind.SERVER_ERROR, "litellm 1.108.7: no key"),
    Shape("openai", 500, _error("The server had an error processing your request. Sorry about that!", type="server_error", param=None,
          code=None), Kind.SERVER_ERROR, "platform.openai.com: error codes"),
    Shape("proxy", 408, "", Kind.TIMEOUT, "RFC 9110"),
    Shape("llama-cpp-python", 500, _error("2 validation errors:\n  {'type': 'literal_error', 'loc': ('body', 'messages', 0, "
          "'ChatCompletionRequestSystemMessage', 'role'), 'msg': \"Input should be 'system'\", 'input': 'developer', 'ctx': {'expected': "
          "\"'system'\"}}\n  {'type': 'literal_error', 'loc': ('body', 'messages', 0, 'ChatCompletionRequestUserMessage', 'role'), 'msg': "
          "\"Input should be 'user'\", 'input': 'developer', 'ctx': {'expected': \"'user'\"}}", type="internal_server_error", param=None,
          code=None), Kind.SERVER_ERROR, "llama-cpp-python 0.3.36: a role, not a parameter"),
    Shape("openai", 400, _error("Invalid value: 'rol'. Supported values are: 'system' and 'user'.", type="invalid_request_error",
          param="messages[0].role", code="invalid_value"), Kind.BAD_REQUEST, "platform.openai.com: error codes"),
]  # fmt: skip

_MORE = [
    Shape("databricks", 400, {"error_code": "BAD_REQUEST", "message": '{"external_model_provider":"openai","external_model_error":'
          '{"error":{"message":"Unsupported value: temperature","type":"invalid_request_error","param":"temperature","code":"x"}}}'},
          Kind.UNSUPPORTED, "docs.databricks.com: external models", TEMPERATURE),
    Shape("cloudflare", 400, {"errors": [{"message": "AiError: The estimated number of input and maximum output tokens (5000) exceeded "
          "this model context window limit (4096).", "code": 5021}], "success": False, "result": {}, "messages": []},
          Kind.CONTEXT_LENGTH, "developers.cloudflare.com: workers AI errors"),
    Shape("xai", 400, {"code": "Client specified an invalid argument", "error": "This model's maximum prompt length is 131072 but the "
          "request contains 537812 tokens."}, Kind.CONTEXT_LENGTH, "docs.x.ai: debugging errors"),
    Shape("xai", 400, {"code": "Client specified an invalid argument", "error": "Model grok-4 does not support parameter "
          "reasoningEffort."}, Kind.UNSUPPORTED, "Lykhoyda/ask-llm#279 (kind)", ("reasoning_effort",)),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: 200000 > 64000, which "
          "is the maximum allowed number of output tokens for m"}}, Kind.UNSUPPORTED, "docs.anthropic.com: errors"),
    Shape("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "input length and `max_tokens` "
          "exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again"}},
          Kind.CONTEXT_LENGTH, "docs.anthropic.com: errors"),
    Shape("huggingface", 400, _error("The requested model 'm' is not supported by any provider you have enabled.",
          type="invalid_request_error", param="model", code="model_not_supported"), Kind.DEPLOYMENT, "huggingface.co: router"),
    Shape("lm-studio", 400, {"error": "The number of tokens to keep from the initial prompt is greater than the context length."},
          Kind.CONTEXT_LENGTH, "lmstudio-ai/lmstudio-bug-tracker (kind)"),
    Shape("moonshot", 400, _error("Invalid request: Your request exceeded model token limit: 8192", type="invalid_request_error"),
          Kind.CONTEXT_LENGTH, "platform.moonshot.ai: error codes"),
    Shape("zhipu", 400, {"error": {"code": "1261", "message": "Prompt 超长"}}, Kind.CONTEXT_LENGTH, "open.bigmodel.cn: error codes"),
    Shape("gemini", 400, [{"error": {"code": 400, "message": "User location is not supported for the API use.", "status":
          "FAILED_PRECONDITION"}}], Kind.AUTH, "ai.google.dev: troubleshooting"),
    Shape("tgi", 422, {"error": "Input validation error: `temperature` must be strictly positive", "error_type": "validation"},
          Kind.UNSUPPORTED, "huggingface/text-generation-inference (kind)", TEMPERATURE),
    Shape("tgi", 422, {"error": "Input validation error: Grammar support is disabled.", "error_type": "validation"},
          Kind.UNSUPPORTED, "huggingface/text-generation-inference (kind)", FORMAT),
    Shape("azure", 429, {"error": {"code": "429", "message": "Requests to the ChatCompletions_Create Operation have exceeded call rate "
          "limit of your current OpenAI S0 pricing tier. Please retry after 2 seconds."}},
          Kind.RATE_LIMITED, "learn.microsoft.com: Azure OpenAI quotas"),
]  # fmt: skip

RECORDED = [*_MORE, *_INPUT, *_FORM, *_ACCOUNT, *_DEPLOYMENT, *_LOAD, *_UPSTREAM]
