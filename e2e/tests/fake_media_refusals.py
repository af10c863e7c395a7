"""Seeded bad requests for media, in the form of `fake_refusals`: what is changed in one that is taken, and the answer.

Wordings as there: Google's where one is on record (the modules of the fake tell where), else marked `sense`.
"""

from fake_refusals import UNKNOWN, Bad, blob

FLASH, PRO, NEWEST = "gemini-2.5-flash-image", "gemini-3-pro-image-preview", "gemini-3.1-flash-image-preview"
TTS, NEW_TTS = "gemini-2.5-flash-preview-tts", "gemini-3.1-flash-tts-preview"
IMAGEN, VEO = "imagen-4.0-generate-001", "veo-3.1-generate-preview"
VERTEX = "/v1/projects/p/locations/us-central1/publishers/google/models/"
VOICE = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
PICTURE = {"bytesBase64Encoded": "AAAA", "mimeType": "image/png"}
CONFIG = "generationConfig.imageConfig."
AT = "* GenerateContentRequest.generation_config.image_config."
RATIO = f"{AT}aspect_ratio: aspect_ratio must be one of "
NOT_HERE = (
    "isn't supported by this model. Please remove it or refer to the Gemini API documentation for supported usage."
)
SPEAKING = {"generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": VOICE}}


def vertex(model: str, method: str = "generateContent") -> str:
    return f"{VERTEX}{model}:{method}"


IMAGES = [
    Bad("a ratio no model has", f"{RATIO}'1:1', '2:3',", model=FLASH, set={CONFIG + "aspectRatio": "7:3"}),
    Bad("a ratio of 3.1 on 2.5", f"{RATIO}'1:1', '2:3',", model=FLASH, set={CONFIG + "aspectRatio": "8:1"}),
    Bad("a ratio of 3.1 on 3.0", f"{RATIO}'1:1', '2:3',", model=PRO, set={CONFIG + "aspectRatio": "1:4"}),
    Bad(
        "a ratio that 3.1 lacks",
        f"{RATIO}'1:1', '1:4', '1:8', '2:3', '3:2', '3:4', '4:1', '4:3', '4:5', '5:4', '8:1', '9:16', '16:9',"
        " or '21:9'.",
        model=NEWEST,
        set={CONFIG + "aspectRatio": "7:3"},
    ),
    Bad("pixels for a ratio", RATIO, path=vertex(PRO), set={CONFIG + "aspectRatio": "1024x1024"}),
    Bad(
        "a size on 2.5 (sense)",
        "Image size is not enabled for this model",
        model=FLASH,
        set={CONFIG + "imageSize": "1K"},
    ),
    Bad("a small letter (sense)", f"{AT}image_size:", model=PRO, set={CONFIG + "imageSize": "2k"}),
    Bad("512 on 3.0 (sense)", f"{AT}image_size:", model=PRO, set={CONFIG + "imageSize": "512"}),
    Bad("512px", f"{AT}image_size:", model=NEWEST, set={CONFIG + "imageSize": "512px"}),
    Bad(
        "2K on a lite model (sense)",
        f"{AT}image_size:",
        model="gemini-3.1-flash-lite-image",
        set={CONFIG + "imageSize": "2K"},
    ),
    Bad(
        "two pictures at once",
        f"Multiple candidates is not enabled for models/{FLASH}",
        model=FLASH,
        set={"generationConfig.candidateCount": 2},
    ),
    Bad(
        "a ratio for a model that writes",
        "Aspect ratio is not enabled for this model",
        set={CONFIG + "aspectRatio": "1:1"},
    ),
    Bad(
        "a size for a model that writes (sense)",
        "Image size is not enabled for this model",
        set={CONFIG + "imageSize": "1K"},
    ),
    Bad(
        "an output format on the Developer API",
        f"{UNKNOWN} \"imageOutputOptions\" at 'generation_config.image_config': Cannot find field.",
        model=PRO,
        set={CONFIG + "imageOutputOptions": {"mimeType": "image/png"}},
    ),
    Bad(
        "persons on the Developer API",
        f"{UNKNOWN} \"personGeneration\" at 'generation_config.image_config': Cannot find field.",
        model=PRO,
        set={CONFIG + "personGeneration": "ALLOW_ALL"},
    ),
    Bad(
        "WebP (sense)",
        f"{AT}image_output_options.mime_type:",
        path=vertex(PRO),
        set={CONFIG + "imageOutputOptions.mimeType": "image/webp"},
    ),
    Bad(
        "compressed PNG (sense)",
        f"{AT}image_output_options.compression_quality:",
        path=vertex(PRO),
        set={CONFIG + "imageOutputOptions": {"mimeType": "image/png", "compressionQuality": 50}},
    ),
    Bad(
        "better than 100 (sense)",
        f"{AT}image_output_options.compression_quality:",
        path=vertex(PRO),
        set={CONFIG + "imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 101}},
    ),
    Bad(
        "sound from a model that draws",
        "The requested combination of response modalities (AUDIO) is not supported by the model."
        f" models/{FLASH} accepts the following combination of response modalities:\n* IMAGE, TEXT\n",
        model=FLASH,
        set={"generationConfig.responseModalities": ["AUDIO"]},
    ),
    Bad(
        "no thinking on one that draws (sense)",
        "Budget 0 is invalid. This model only works in thinking mode.",
        model=PRO,
        set={"generationConfig.thinkingConfig.thinkingBudget": 0},
    ),
    Bad(
        "a level on 3.0 that draws (sense)",
        "Thinking level is not supported for this model.",
        model=PRO,
        set={"generationConfig.thinkingConfig.thinkingLevel": "LOW"},
    ),
    Bad("no type of audio", "Unsupported MIME type: audio/midi", set={"contents.0.parts.1": blob("audio/midi")}),
]

# Changes of a request that is a spoken one.
SPEECH = [
    Bad(
        "text from a model that speaks",
        "The requested combination of response modalities (TEXT) is not supported by the model."
        f" models/{TTS} accepts the following combination of response modalities:\n* AUDIO\n",
        model=TTS,
        set={"generationConfig.responseModalities": ["TEXT"]},
    ),
    Bad(
        "nothing said of how to answer",
        "The requested combination of response modalities (TEXT) is not supported by the model.",
        path=vertex(TTS),
        set={"generationConfig.responseModalities": []},
    ),
    Bad(
        "a voice of OpenAI's",
        "Voice name alloy is not supported. Allowed voice names are: achernar, achird,",
        model=TTS,
        set={"generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName": "alloy"},
    ),
    Bad(
        "a voice of OpenAI's among two speakers",
        "Voice name nova is not supported.",
        model=TTS,
        set={
            "generationConfig.speechConfig": {
                "multiSpeakerVoiceConfig": {
                    "speakerVoiceConfigs": [
                        {"speaker": "A", "voiceConfig": VOICE["voiceConfig"]},
                        {"speaker": "B", "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "nova"}}},
                    ]
                }
            }
        },
    ),
    Bad(
        "three speakers (sense)",
        "* GenerateContentRequest.generation_config.speech_config:",
        model=TTS,
        set={
            "generationConfig.speechConfig": {
                "multiSpeakerVoiceConfig": {"speakerVoiceConfigs": [{"speaker": s, **VOICE} for s in "ABC"]}
            }
        },
    ),
    Bad(
        "no voice on 3.1",
        "Request contains an invalid argument.",
        model=NEW_TTS,
        set={"generationConfig.speechConfig": None},
    ),
    Bad(
        "a system instruction on 3.1",
        "Developer instruction is not enabled for this model",
        model=NEW_TTS,
        set={"systemInstruction.parts.0.text": "calmly"},
    ),
    Bad(
        "a format of OpenAI's",
        f"{UNKNOWN} \"responseFormat\" at 'generation_config.speech_config': Cannot find field.",
        model=TTS,
        set={"generationConfig.speechConfig.responseFormat": "mp3"},
    ),
]

# Changes of a request for one picture, or one video.
PREDICTIONS = [
    Bad("no instance (sense)", "Request must contain exactly one instance.", model=IMAGEN, set={"instances": []}),
    Bad("no prompt (sense)", "Image generation failed", model=IMAGEN, set={"instances.0.prompt": ""}),
    Bad(
        "five pictures",
        "The number value for `sampleCount` is out of bound. Please provide a value between 1 and 4, inclusive.",
        model=IMAGEN,
        set={"parameters.sampleCount": 5},
    ),
    Bad(
        "no picture",
        "The number value for `sampleCount` is out of bound.",
        model=IMAGEN,
        set={"parameters.sampleCount": 0},
    ),
    Bad(
        "a number in quotes",
        "The value type for `sampleCount` needs to be a number.",
        model=IMAGEN,
        set={"parameters.sampleCount": "2"},
    ),
    Bad(
        "a ratio Imagen lacks",
        "`aspectRatio` does not support `3:2` as a valid value. Please refer to the Gemini API documentation",
        model=IMAGEN,
        set={"parameters.aspectRatio": "3:2"},
    ),
    Bad(
        "4K of Imagen",
        "`sampleImageSize` does not support `4K`",
        path=vertex(IMAGEN, "predict"),
        set={"parameters.sampleImageSize": "4K"},
    ),
    Bad("an unknown parameter", f"`quality` {NOT_HERE}", model=IMAGEN, set={"parameters.quality": "hd"}),
    Bad("another spelling", f"`aspect_ratio` {NOT_HERE}", model=IMAGEN, set={"parameters.aspect_ratio": "1:1"}),
    Bad(
        "a parameter of Vertex", f"`negativePrompt` {NOT_HERE}", model=IMAGEN, set={"parameters.negativePrompt": "rain"}
    ),
    Bad("a seed on the Developer API", f"`seed` {NOT_HERE}", model=IMAGEN, set={"parameters.seed": 1}),
    Bad(
        "a seed with a watermark (sense)",
        "Seed is not supported when watermark is enabled.",
        path=vertex(IMAGEN, "predict"),
        set={"parameters.seed": 1},
    ),
    Bad(
        "Imagen and WebP (sense)",
        "`mimeType` does not support `image/webp`",
        model=IMAGEN,
        set={"parameters.outputOptions.mimeType": "image/webp"},
    ),
    Bad(
        "references for a model that does not edit (sense)",
        "Image generation failed",
        path=vertex(IMAGEN, "predict"),
        set={"instances.0.referenceImages": [{"referenceId": 1}]},
    ),
    Bad(
        "a name beside the instances",
        f'{UNKNOWN} "prompt": Cannot find field.',
        model=IMAGEN,
        set={"prompt": "a cat"},
    ),
    Bad(
        "five seconds",
        "The number value for `durationSeconds` is out of bound. Please provide a value between 4 and 8, inclusive.",
        model=VEO,
        set={"parameters.durationSeconds": 5},
    ),
    Bad(
        "four seconds in 1080p",
        "The number value for `durationSeconds` is out of bound.",
        model=VEO,
        set={"parameters": {"durationSeconds": 4, "resolution": "1080p"}},
    ),
    Bad(
        "six seconds by a reference",
        "The number value for `durationSeconds` is out of bound.",
        model=VEO,
        set={
            "parameters.durationSeconds": 6,
            "instances.0.referenceImages": [{"image": PICTURE, "referenceType": "asset"}],
        },
    ),
    Bad(
        "seconds in quotes",
        "The value type for `durationSeconds` needs to be a number.",
        model=VEO,
        set={"parameters.durationSeconds": "8"},
    ),
    Bad(
        "a square video",
        "`aspectRatio` does not support `1:1` as a valid value.",
        model=VEO,
        set={"parameters.aspectRatio": "1:1"},
    ),
    Bad(
        "480p",
        "`resolution` does not support `480p`",
        path=vertex(VEO, "predictLongRunning"),
        set={"parameters.resolution": "480p"},
    ),
    Bad(
        "4k before 3.1",
        "`resolution` does not support `4k`",
        model="veo-3.0-generate-001",
        set={"parameters.resolution": "4k"},
    ),
    Bad(
        "a resolution of Veo 2",
        f"`resolution` {NOT_HERE}",
        model="veo-2.0-generate-001",
        set={"parameters.resolution": "720p"},
    ),
    Bad("sound on the Developer API", f"`generateAudio` {NOT_HERE}", model=VEO, set={"parameters.generateAudio": True}),
    Bad("a seed for a video", f"`seed` {NOT_HERE}", model=VEO, set={"parameters.seed": 1}),
    Bad(
        "a bucket on the Developer API", f"`storageUri` {NOT_HERE}", model=VEO, set={"parameters.storageUri": "gs://b"}
    ),
    Bad("a parameter of the SDK", f"`numberOfVideos` {NOT_HERE}", model=VEO, set={"parameters.numberOfVideos": 1}),
    Bad(
        "no bucket (sense)",
        "Invalid storageUri: https://b",
        path=vertex(VEO, "predictLongRunning"),
        set={"parameters.storageUri": "https://b"},
    ),
    Bad(
        "a blob for a picture",
        f"`data` {NOT_HERE}",
        model=VEO,
        set={"instances.0.image": {"data": "AAAA", "mimeType": "image/png"}},
    ),
    Bad(
        "a picture without its type",
        "Input instance with `image` should contain both `bytesBase64Encoded` and `mimeType`",
        path=vertex(VEO, "predictLongRunning"),
        set={"instances.0.image": {"bytesBase64Encoded": "AAAA"}},
    ),
    Bad(
        "a picture in a bucket on the Developer API",
        f"`gcsUri` {NOT_HERE}",
        model=VEO,
        set={"instances.0.image": {"gcsUri": "gs://b/a.png", "mimeType": "image/png"}},
    ),
    Bad("a mask on the Developer API", f"`mask` {NOT_HERE}", model=VEO, set={"instances.0.mask": {"image": PICTURE}}),
    Bad(
        "a picture that is none (sense)",
        "Unsupported MIME type: video/mp4",
        model=VEO,
        set={"instances.0.image": {**PICTURE, "mimeType": "video/mp4"}},
    ),
    Bad(
        "a style (sense)",
        "`referenceType` does not support `style`",
        model=VEO,
        set={"instances.0.referenceImages": [{"image": PICTURE, "referenceType": "style"}]},
    ),
    Bad(
        "four references (sense)",
        "At most 3 reference images",
        model=VEO,
        set={"instances.0.referenceImages": [{"image": PICTURE, "referenceType": "asset"}] * 4},
    ),
    Bad("two videos of Veo 3", "The number value for `sampleCount`", model=VEO, set={"parameters.sampleCount": 2}),
    Bad("no prompt for a video (sense)", "Prompt is empty.", model=VEO, set={"instances.0.prompt": None}),
    Bad(
        "Veo where Imagen is",
        f"models/{VEO} is not found for API version v1beta, or is not supported for predict.",
        404,
        path=f"/v1beta/models/{VEO}:predict",
    ),
    Bad(
        "a model that chats asked to predict",
        "models/gemini-2.5-flash is not found for API version v1beta, or is not supported for predictLongRunning.",
        404,
        path="/v1beta/models/gemini-2.5-flash:predictLongRunning",
    ),
    Bad(
        "Imagen asked to chat",
        f"models/{IMAGEN} is not found for API version v1beta, or is not supported for generateContent.",
        404,
        path=f"/v1beta/models/{IMAGEN}:generateContent",
        body={"contents": [{"parts": [{"text": "hi"}]}]},
    ),
    Bad(
        "a token on Imagen with the key's API",
        "API keys are not supported by this API.",
        401,
        path=vertex(IMAGEN, "predict"),
        headers={},
    ),
]
ALL = IMAGES + SPEECH + PREDICTIONS
